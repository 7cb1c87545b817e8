import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withDeadline } from '../../harness/kit/deadline.ts';
import { seededRandom, type Random } from '../../harness/kit/random.ts';
import { startProxyProcess, type ProcessBench } from './proxy-process.ts';
import { realClock } from './support.ts';

// The API as it stands on a socket, with bodies that no client library would send: each is answered, or its connection closed.

const count = 1000;
const atATime = 8;

let bench: ProcessBench;
beforeAll(async () => {
  bench = await startProxyProcess();
});
afterAll(() => bench.cleanup.stop());

const targets = [
  ['POST', '/proxies'],
  ['POST', '/populate'],
  ['PATCH', '/proxies/a'],
  ['POST', '/proxies/a/toxics'],
  ['PATCH', '/proxies/a/toxics/t'],
  ['POST', '/gameday/lease'],
  ['POST', '/gameday/decisions'],
  ['DELETE', '/proxies/b'],
  ['GET', '/proxies'],
] as const;
const texts = [
  '{"name": "b", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}',
  '[{"name": "b", "upstream": "127.0.0.1:9"}]',
  '{"type": "latency", "attributes": {"latency": 1}}',
  '{"attributes": {"latency": 2}, "toxicity": 0.5}',
  '{"on": true, "limit": 5}',
  '{}',
  '',
];

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.integer(0, from.length - 1)] as T;
}

/** A body of ours, or one with bytes in it that are no UTF-8, no JSON, or nothing at all. */
function bodyOf(random: Random): Buffer {
  const text = Buffer.from(pick(random, texts));
  const noise = Buffer.from(Array.from({ length: random.integer(1, 40) }, () => random.integer(0, 255)));
  const at = random.integer(0, text.length);
  return pick(random, [text, text, Buffer.concat([text.subarray(0, at), noise, text.subarray(at)]), noise]);
}

interface Sent {
  readonly raw: Buffer;
  /** Whether what is sent is less than what it says: nothing will come by itself. */
  readonly isCut: boolean;
  readonly what: string;
}

/** A request whose body is framed in one way or another, rightly or wrongly. */
function requestOf(random: Random): Sent {
  const [method, path] = pick(random, targets);
  const body = bodyOf(random);
  const head = `${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n`;
  const framed = (fields: string, rest: Buffer): Buffer => Buffer.concat([Buffer.from(`${head}${fields}\r\n`), rest]);
  const lengthOf = (bytes: number): string => `content-length: ${bytes}\r\n`;
  const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
  const chunked = 'transfer-encoding: chunked\r\n';
  const last = Buffer.from('0\r\n\r\n');
  const what = pick(random, [
    ...['right', 'right', 'too short', 'too long', 'no length', 'negative', 'two lengths', 'chunked', 'chunked'],
    ...['bad chunk', 'no last chunk', 'both', 'cut head', 'huge'],
  ]);
  const whole = (raw: Buffer): Sent => ({ raw, isCut: false, what });
  const cut = (raw: Buffer): Sent => ({ raw, isCut: true, what });
  switch (what) {
    case 'too short':
      return whole(framed(lengthOf(Math.floor(body.length / 2)), body));
    case 'too long':
      return cut(framed(lengthOf(body.length + 10), body));
    case 'no length':
      return whole(framed('', body));
    case 'negative':
      return whole(framed('content-length: -1\r\n', body));
    case 'two lengths':
      return whole(framed(lengthOf(1) + lengthOf(2), body));
    case 'chunked':
      return body.length === 0 ? whole(framed(chunked, last)) : whole(framed(chunked, Buffer.concat([chunk, last])));
    case 'bad chunk':
      return whole(framed(chunked, Buffer.concat([Buffer.from('zz\r\n'), body])));
    case 'no last chunk':
      return cut(framed(chunked, chunk));
    case 'both':
      return whole(framed(lengthOf(body.length) + chunked, Buffer.concat([chunk, last])));
    case 'cut head':
      return cut(Buffer.from(head.slice(0, random.integer(1, head.length))));
    case 'huge':
      return whole(framed(lengthOf(3_000_000), body));
    default:
      return whole(framed(lengthOf(body.length), body));
  }
}

/** The status that a request is answered with; of one that is cut off, nothing. Rejects when neither an answer nor an end comes. */
async function outcome({ raw, isCut, what }: Sent): Promise<string> {
  const socket = connect({ port: Number(new URL(bench.url).port), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  const over = once(socket, 'close').catch(() => undefined);
  const ended = Promise.race([once(socket, 'end').catch(() => undefined), over]);
  try {
    socket.write(raw);
    if (isCut) {
      // Its rest never comes: the client ends, in one way or the other.
      await realClock.sleep(5);
      if (raw.length % 2 === 0) socket.destroy();
      else socket.end();
    }
    await withDeadline(realClock, socket.destroyed ? over : ended, { what: `an end of "${what}"`, limitMs: 10_000 });
    return /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 'closed';
  } finally {
    socket.destroy();
  }
}

it('answers or closes a thousand requests whose bodies are no UTF-8, wrongly framed or cut off, and goes on', async () => {
  await bench.proxy('a', '127.0.0.1:9');
  await bench.toxic('a', { name: 't', type: 'latency', attributes: { latency: 1 } });
  const random = seededRandom('bodies');
  const seen = new Map<string, number>();
  const wrong: string[] = [];
  let left = count;
  const oneByOne = async (): Promise<void> => {
    while (left-- > 0) {
      const sent = requestOf(random);
      const got = await outcome(sent);
      seen.set(got, (seen.get(got) ?? 0) + 1);
      const isFine = got === 'closed' ? sent.isCut : ['2', '4'].includes(got.charAt(0));
      // A port that two lists ask for at once is the machine's.
      if (!isFine) wrong.push(`${sent.what}: ${got}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, oneByOne));
  expect(wrong).toEqual([]);
  for (const status of ['200', '201', '204', '400', '404', '409', '413'])
    expect([status, (seen.get(status) ?? 0) > 0]).toEqual([status, true]);
  expect((await bench.call('GET', '/version')).status).toBe(200);
  expect((await bench.call('GET', '/proxies/a')).json).toMatchObject({ name: 'a', enabled: true });
}, 60_000);
