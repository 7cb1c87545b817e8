import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActiveToxic } from '../../../harness/proxy/active-toxic.ts';
import type { AttributeValues } from '../../../harness/proxy/http/http-toxic.ts';
import { framingOf } from '../../../harness/proxy/http/framing.ts';
import { MessageFramer } from '../../../harness/proxy/http/message-framer.ts';
import { cutAt, frame } from './framed.ts';
import { EdgeBench } from './edge-bench.ts';

/** Toxics that hold, cut into pieces and delay, but lose nothing; and one that answers in the place of the server. */
const kinds: fc.Arbitrary<readonly [string, Record<string, number | string>]> = fc.oneof(
  fc.record({ latency: fc.nat(200), jitter: fc.nat(100) }).map((some) => ['http_latency', some] as const),
  fc.record({ delay: fc.nat(100) }).map((some) => ['http_slow_body', some] as const),
  fc.record({ delay: fc.nat(100) }).map((some) => ['stream_slow', some] as const),
  fc.record({ delay: fc.nat(100) }).map((some) => ['stream_late', some] as const),
  fc.record({ events: fc.nat(3), stall: fc.constantFrom(0, 0, 100) }).map((some) => ['stream_stall', some] as const),
  fc.constant(['http_status', { path: '*busy', body: 'busy' }] as const),
  fc.constant(['http_status', { path: '/never' }] as const),
  fc.record({ latency: fc.nat(100), jitter: fc.nat(50) }).map((some) => ['latency', some] as const),
  fc.record({ average_size: fc.constantFrom(30, 500), delay: fc.constantFrom(0, 100) }).map((some) => ['slicer', { size_variation: 0, ...some }] as const), // prettier-ignore
  fc.record({ rate: fc.nat(20) }).map((some) => ['bandwidth', some] as const),
);
const toxic = fc.record({
  kind: kinds,
  toxicity: fc.constantFrom(0.5, 1, 1),
  stream: fc.constantFrom('upstream' as const, 'downstream' as const),
});
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), share: fc.constantFrom(1, 1, 0.6, 0.1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), toxic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(10) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('update' as const), which: fc.nat(10), value: fc.nat(100), toxicity: fc.constantFrom(0, 1, undefined) }) }, // prettier-ignore
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'drain' as const, 'block server' as const, 'drain server' as const) }) }, // prettier-ignore
);
const asked = fc.record({
  path: fc.constantFrom('/ok', '/busy', '/busy', '/events', '/events', '/events', '/whole', '/empty'),
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST'),
  bytes: fc.nat(2000),
  isChunked: fc.boolean(),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

/** Times and rates of a toxic, changed to another value. */
function changed(toxic: ActiveToxic, value: number): AttributeValues {
  const names = Object.keys(toxic.attributes).filter((name) => ['latency', 'jitter', 'delay', 'stall', 'rate'].includes(name)); // prettier-ignore
  return Object.fromEntries(names.map((name) => [name, value]));
}

function bodyOf(id: number, length: number): string {
  return `${id}:${'abcdefghij'.repeat(Math.ceil(length / 10)).slice(0, length)}`;
}
function requestText({ path, method, bytes, isChunked }: Asked, id: number): string {
  const head = `${method} /${id}${path} HTTP/1.1\r\nhost: a\r\n`;
  if (method !== 'POST') return `${head}\r\n`;
  const body = bodyOf(id, bytes);
  if (!isChunked) return `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const half = Math.ceil(body.length / 2);
  const chunk = (text: string): string => (text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`);
  return `${head}transfer-encoding: chunked\r\n\r\n${chunk(body.slice(0, half))}${chunk(body.slice(half))}0\r\n\r\n`;
}
/** What the server says to a request, and what of it is the body. */
function responseTo(method: string, path: string, id: number): { text: string; body: string } {
  // More than is held at once, in some answers.
  const isLong = id % 2 === 0;
  const filling = isLong ? 'x'.repeat(5000) : '';
  const events = Array.from({ length: isLong ? 24 : 5 }, (_, index) => `data: ${id}-${index}${filling}\n\n`);
  const whole = bodyOf(id, isLong ? 120_000 : 3000);
  const head = (field: string): string => `HTTP/1.1 200 OK\r\nx-id: ${id}\r\n${field}\r\n\r\n`;
  if (path.endsWith('/empty')) return { text: `HTTP/1.1 204 No Content\r\nx-id: ${id}\r\n\r\n`, body: '' };
  if (path.endsWith('/events')) {
    const chunks = events.map((event) => `${event.length.toString(16)}\r\n${event}\r\n`).join('');
    const begin = head('content-type: text/event-stream\r\ntransfer-encoding: chunked');
    return method === 'HEAD'
      ? { text: begin, body: '' }
      : { text: `${begin}${chunks}0\r\n\r\n`, body: events.join('') };
  }
  const begin = head(`content-length: ${whole.length}`);
  return method === 'HEAD' ? { text: begin, body: '' } : { text: begin + whole, body: whole };
}

/** Bodies are long; where they differ, this says it. */
function short({ first, body }: { readonly first: string; readonly body: string }): string {
  return `${first} ${body.length} ${createHash('sha1').update(body).digest('hex')} ${body.slice(0, 20)}`;
}

/** Where a server breaks off: so many answers come whole, and of the next one a share, or nothing. */
const breaking = fc.record({
  answers: fc.nat(2),
  share: fc.constantFrom(0, 0, 0.01, 0.5, 0.99),
  how: fc.constantFrom('end' as const, 'no HTTP' as const),
});
type Breaking = typeof breaking extends fc.Arbitrary<infer T> ? T : never;

interface Served {
  /** What the server has been asked. */
  readonly got: string[];
  /** Which request it broke off at, once it has. */
  brokenAt: number | undefined;
}

/** A server that answers requests one after the other, in pieces, over time, until it breaks off, if it does. */
function serve(bench: EdgeBench, places: readonly number[], breaks: Breaking | undefined): Served {
  const got: string[] = [];
  const served: Served = { got, brokenAt: undefined };
  let answers = 0;
  const waiting: (() => Promise<void>)[] = [];
  let isBusy = false;
  const next = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    for (let one = waiting.shift(); one; one = waiting.shift()) await one();
    isBusy = false;
  };
  let current = { method: '', target: '', body: '' };
  const framer = new MessageFramer('request', {
    head: (head) => {
      if (head.kind === 'request') current = { method: head.method, target: head.target, body: '' };
      return framingOf(head, '');
    },
    body: (_raw, pieces) => (current.body += Buffer.concat(pieces).toString('latin1')),
    end: () => {
      const { method, target, body } = current;
      got.push(`${method} ${target} ${body}`);
      const id = Number(target.split('/')[1]);
      const { text } = responseTo(method, target, id);
      waiting.push(async () => {
        if (served.brokenAt !== undefined) return;
        if (breaks && answers === breaks.answers) {
          served.brokenAt = id;
          bench.server.say(Buffer.from(text.slice(0, Math.floor(breaks.share * (text.length - 1)))));
          if (breaks.how === 'no HTTP') bench.server.say(Buffer.from(' no HTTP\n'));
          await bench.clock.sleep(10);
          bench.server.say('end');
          return;
        }
        answers += 1;
        for (const piece of cutAt(Buffer.from(text), places)) {
          bench.server.say(piece);
          await bench.clock.sleep(10);
        }
      });
      void next();
    },
    opaque: () => got.push('no HTTP'),
  });
  bench.server.onChunk = (chunk) => framer.feed(chunk);
  return served;
}

const run = fc.record({
  seed: fc.nat(),
  // Of every length alike: by itself fast-check makes short ones, in which hardly a toxic meets a request.
  asks: fc.array(asked, { minLength: 1, maxLength: 5, size: 'max' }),
  before: fc.array(toxic, { maxLength: 3, size: 'max' }),
  acts: fc.array(act, { minLength: 5, maxLength: 40, size: 'max' }),
  places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  isPipelined: fc.boolean(),
  breaks: fc.option(breaking, { nil: undefined, freq: 2 }),
});

describe('HTTP, while toxics come, change and go at any time', () => {
  it('has an answer to each request, whole and in order, that of the server, or one in its place, until a server breaks off', async () => {
    const altered = new Map<string, number>();
    const updated = new Map<string, number>();
    let broken = 0;
    await fc.assert(
      fc.asyncProperty(run, async ({ seed, asks, before, acts, places, isPipelined, breaks }) => {
        const bench = new EdgeBench(seed);
        const { clock, client, server } = bench;
        const serving = serve(bench, places, breaks);
        const { got } = serving;
        const texts = asks.map((one, id) => requestText(one, id));
        const methods = asks.map(({ method }) => method);
        const answered = (): number => frame('response', [Buffer.from(client.text, 'latin1')], methods, false).messages.filter(({ isWhole }) => isWhole).length; // prettier-ignore
        let [saying, said] = [0, 0];
        const say = (share: number): void => {
          const text = texts[saying];
          // One request after another; or the next without waiting for the answers, where the toxics are there from the beginning: of a request
          // from before the first of them nobody knows, so that what comes behind it would be answered in its place.
          if (text === undefined || (!isPipelined && said === 0 && answered() < saying && !client.writableEnded)) return; // prettier-ignore
          const piece = text.slice(said, said + Math.ceil(share * text.length));
          said += piece.length;
          if (said < text.length) client.say(Buffer.from(piece, 'latin1'));
          else {
            [saying, said] = [saying + 1, 0];
            client.say(Buffer.from(piece, 'latin1'));
          }
        };
        const present: ActiveToxic[] = [];
        const add = ({
          kind: [type, attributes],
          toxicity,
          stream,
        }: typeof toxic extends fc.Arbitrary<infer T> ? T : never): void => {
          present.push(bench.add(type, attributes, { toxicity, stream }));
        };
        before.forEach(add);
        for (const one of acts)
          if (one.do === 'say') say(one.share);
          else if (one.do === 'wait') await clock.advance(one.ms);
          else if (one.do === 'add' && !isPipelined) add(one.toxic);
          else if (one.do === 'remove') {
            const [gone] = present.splice(one.which % Math.max(1, present.length), 1);
            if (gone) bench.remove(gone);
          } else if (one.do === 'update') {
            const toxic = present[one.which % Math.max(1, present.length)];
            if (!toxic) continue;
            bench.update(toxic, { attributes: changed(toxic, one.value), ...(one.toxicity === undefined ? {} : { toxicity: one.toxicity }) }); // prettier-ignore
            updated.set(toxic.kind.type, (updated.get(toxic.kind.type) ?? 0) + 1);
          } else if (one.do === 'block') client.isBlocked = true;
          else if (one.do === 'drain') client.drain();
          else if (one.do === 'block server') server.isBlocked = true;
          else if (one.do === 'drain server') server.drain();
        client.drain();
        server.drain();
        // Some hold for as long as they are there.
        for (const one of present.splice(0)) bench.remove(one);
        await clock.advance(1000);
        // The rest goes as it would if no toxic had ever been there.
        while (saying < texts.length) {
          say(1);
          await clock.advance(1000);
        }
        const told = frame('response', [Buffer.from(client.text, 'latin1')], methods);
        const served = new Map(got.map((line) => [line.split('/')[1], line]));
        const wanted = asks.map(({ method, path }, id) => {
          const line = served.get(String(id));
          if (line === undefined) return { first: '503', body: method === 'HEAD' ? '' : 'busy' };
          return { first: path === '/empty' ? '204' : '200', body: responseTo(method, path, id).body };
        });
        const whole = told.messages.filter(({ isWhole }) => isWhole);
        expect(whole.map(short)).toEqual(wanted.slice(0, serving.brokenAt).map(short));
        // The server has been asked in order, with whole bodies, and for all but those that may be answered in its place.
        const wholly = asks.flatMap(({ method, path, bytes }, id) =>
          served.has(String(id)) ? [`${method} /${id}${path} ${method === 'POST' ? bodyOf(id, bytes) : ''}`] : [],
        );
        expect(got).toEqual(wholly);
        if (serving.brokenAt !== undefined) {
          // Behind what came whole there is of an answer what the server said, nothing of ours, and the end.
          const behind = client.text.slice(whole.reduce((sum, { raw }) => sum + raw.length, 0)); // prettier-ignore
          expect(behind).not.toMatch(/503|busy/);
          expect([client.writableEnded, clock.pending]).toEqual([true, 0]);
          if (asks.some(({ path }, id) => path === '/busy' && id > (serving.brokenAt ?? 0))) broken += 1;
          return;
        }
        expect(told.messages).toHaveLength(whole.length);
        expect(asks.every(({ path }, id) => path === '/busy' || served.has(String(id)))).toBe(true);
        expect([told.opaque, bench.outcome, client.isPaused, server.isPaused, clock.pending]).toEqual(['', undefined, false, false, 0]); // prettier-ignore
        client.say('end');
        server.say('end');
        expect([server.writableEnded, client.writableEnded]).toEqual([true, true]);
        for (const { kind, connectionsAltered } of bench.toxics)
          if (connectionsAltered > 0) altered.set(kind.type, (altered.get(kind.type) ?? 0) + 1);
      }),
      { numRuns: 1000 },
    );
    // Each has been at work often, and servers have broken off before requests that may be answered in their place.
    expect(broken).toBeGreaterThan(50);
    const types = ['http_latency', 'http_slow_body', 'stream_slow', 'stream_late', 'stream_stall', 'http_status', 'latency', 'slicer', 'bandwidth']; // prettier-ignore
    expect(types.filter((type) => (altered.get(type) ?? 0) < 10)).toEqual([]);
    expect(types.filter((type) => (updated.get(type) ?? 0) < 10)).toEqual([]);
  }, 120_000);
});
