import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProxyClient, ProxyRefusal, type ToxicAttributes, type ToxicType } from '../../harness/proxy/index.ts';
import { anyKinds } from '../../harness/proxy/kinds.ts';
import { attributesOf, isRange } from '../../harness/proxy/attributes.ts';
import { httpClient, startHttp, streaming } from './http/support.ts';
import { portState, realClock, startBench, type Bench } from './support.ts';

const root = join(import.meta.dirname, '..', '..');
const events = Array.from({ length: 6 }, (_unused, index) => `data: ${index}\n\n`);

let bench: Bench;
let proxies: ProxyClient;
beforeEach(async () => {
  bench = await startBench();
  proxies = new ProxyClient({ url: bench.url });
});
afterEach(() => bench.cleanup.stop());

describe('the client for everybody', () => {
  it('makes a proxy, breaks it by a toxic of ours and tells what that did', async () => {
    const upstream = (await startHttp(bench, streaming(events))).address;
    const answerOf = async (port: number): Promise<string> => (await httpClient(bench, port)()).text;

    const { port } = await proxies.createProxy({ name: 'model', upstream });
    const cut = await proxies.addToxic('model', {
      type: 'stream_cut',
      attributes: { path: '/*', events: 2, how: 'end' },
    });
    expect(await answerOf(port)).toBe('data: 0\n\ndata: 1\n\n');
    await cut.update({ attributes: { events: 3 } });
    expect(await answerOf(port)).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\n');
    expect(await cut.remove()).toMatchObject({ requestsSeen: 2, requestsAltered: 2, ended: 'removed' });
    expect(await answerOf(port)).toBe(events.join(''));
  });

  it('says who it is in each call, and that what it sends is JSON', async () => {
    const address = '127.0.0.1:1';
    const placed = JSON.stringify({ name: 'a', listen: address, upstream: address, enabled: true, toxics: [] });
    const said: (readonly [method: string, agent: string | undefined, type: string | undefined])[] = [];
    const answering = await startHttp(bench, (request, response) => {
      const { 'user-agent': agent, 'content-type': type } = request.headers;
      said.push([request.method ?? '', agent, type]);
      response.end(request.method === 'POST' ? placed : '{}');
    });
    const client = new ProxyClient({ url: `http://${answering.address}` });
    await client.createProxy({ name: 'a', upstream: address });
    await client.traffic();
    expect(said).toEqual([
      ['POST', 'gameday', 'application/json'],
      ['GET', 'gameday', undefined],
    ]);
  });

  it('is shown in docs/proxy.md as it is tested here', async () => {
    const shown = [...readFileSync(join(root, 'docs/proxy.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)]
      .map(([, code = '']) => code)
      .filter((code) => code.includes('gameday/proxy'));
    expect(shown).toHaveLength(1);
    const lines = shown
      .join('')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('import') && !line.includes('new ProxyClient'));
    const tested = readFileSync(import.meta.filename, 'utf8').replaceAll(/\s+/g, '');
    for (const line of lines) expect(tested).toContain(line.replace(/ \/\/ .*/, '').replaceAll(/\s+/g, ''));
  });

  it('removes a toxic at the end of its block, and one that is gone already is no mistake', async () => {
    await proxies.createProxy({ name: 'a', upstream: '127.0.0.1:1' });
    const toxicsNow = async (): Promise<unknown> => (await proxies.proxies()).map(({ toxics }) => toxics.length);
    {
      await using slow = await proxies.addToxic('a', { type: 'latency', attributes: { latency: 5 } });
      expect([slow.name, await toxicsNow()]).toEqual(['latency_downstream', [1]]);
    }
    expect(await toxicsNow()).toEqual([0]);
    const slow = await proxies.addToxic('a', { type: 'latency', name: 'a/b c' });
    await proxies.reset();
    expect(await slow.remove()).toMatchObject({ toxic: 'a/b c', ended: 'reset' });
  });

  it('leaves a later toxic of the same name alone at the end of its block, once it has been removed', async () => {
    await proxies.createProxy({ name: 'a', upstream: '127.0.0.1:1' });
    {
      await using slow = await proxies.addToxic('a', { type: 'latency', attributes: { latency: 5 } });
      await slow.remove();
      await proxies.addToxic('a', { type: 'latency', attributes: { latency: 7 } });
    }
    expect((await proxies.proxies()).flatMap(({ toxics }) => toxics)).toMatchObject([{ attributes: { latency: 7 } }]);
  });

  it('changes, counts and deletes a proxy, whatever its name', async () => {
    const { address } = await bench.echo();
    const made = await proxies.createProxy({ name: 'a/b', upstream: address, toxics: [{ type: 'slicer', attributes: { average_size: 2 } }] }); // prettier-ignore
    expect(made).toMatchObject({ enabled: true, toxics: [{ name: 'slicer_downstream' }] });
    await (await bench.dial(made.port)).roundTrip('hello');
    expect(await proxies.traffic()).toMatchObject({ 'a/b': { connections: 1, bytesUpstream: 5, bytesDownstream: 5 } });
    expect(await proxies.receipt('a/b', 'slicer_downstream')).toMatchObject({ connectionsAltered: 1, ended: null });
    expect(await proxies.updateProxy('a/b', { enabled: false })).toMatchObject({ enabled: false, port: made.port });
    expect(await portState(made.port)).toBe('ECONNREFUSED');
    await proxies.deleteProxy('a/b');
    expect(await proxies.proxies()).toEqual([]);
  });

  it('renews leases, those of toxics and with a time that of the server', async () => {
    await proxies.renew();
    expect((await bench.call('GET', '/gameday/lease')).json).toEqual({ kind: 'none' });
    await proxies.renew(5_000);
    expect((await bench.call('GET', '/gameday/lease')).json).toMatchObject({ kind: 'held', leaseMs: 5_000 });
  });

  it('says what was refused and why, and where nobody answers', async () => {
    const refused = proxies.addToxic('none', { type: 'noop' });
    await expect(refused).rejects.toThrow(
      'refused POST /proxies/none/toxics: proxy not found (status 404). There is no proxy at all.',
    );
    await expect(refused).rejects.toMatchObject({ status: 404, constructor: ProxyRefusal });
    expect(() => new ProxyClient({ url: 'localhost:8474' })).toThrow('was "localhost:8474"; it has to begin with');
    await bench.cleanup.stop();
    const gone = new ProxyClient({ url: `${bench.url}/` });
    await expect(gone.reset()).rejects.toThrow(/did not answer POST \/reset: .*ECONNREFUSED 127\.0\.0\.1:/);
  });

  it.each([
    ['a page', () => new Response('<html>'), /is not what a fault proxy says: Unexpected token '<'/],
    ['JSON of another kind', () => Response.json({ name: 'a' }), /is not what a fault proxy says: .*listen/s],
  ])('says so where something else answers: %s', async (_, answer, why) => {
    const other = new ProxyClient({ url: 'http://127.0.0.1:1', fetch: () => Promise.resolve(answer()) });
    const created = other.createProxy({ name: 'a', upstream: 'a:1' });
    await expect(created).rejects.toThrow(why);
    await expect(created).rejects.toThrow('What was answered to POST http://127.0.0.1:1/proxies');
    await expect(created).rejects.toMatchObject({
      name: 'GamedayError',
      hint: 'Something else may listen on that port.',
    });
  });

  it('takes the clock and the fetch that it is given', async () => {
    const asked: unknown[] = [];
    const own: typeof fetch = (url) => {
      asked.push(url);
      return Promise.resolve(new Response(null, { status: 204 }));
    };
    await new ProxyClient({ clock: realClock, fetch: own }).reset();
    expect(asked).toEqual(['http://127.0.0.1:8474/reset']);
  });
});

describe('the types of the toxics', () => {
  it('know every attribute of every type, and what it may be', () => {
    expect(Object.keys(everyAttribute).sort()).toEqual(anyKinds.map(({ type }) => type).sort());
    for (const kind of anyKinds) {
      const typed = Object.entries(everyAttribute[kind.type as ToxicType] as Record<string, unknown>);
      const specified = attributesOf(kind).map(([name, spec]) => {
        if (isRange(spec)) return [name, (spec.default ?? 0) < spec.from ? 'number, required' : 'number'];
        return [name, spec.choices ?? 'text'];
      });
      const sorted = (entries: unknown[][]): unknown[] =>
        entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      expect([kind.type, sorted(typed.map(([name, may]) => [name, asSpecified(may)]))]).toEqual([kind.type, sorted(specified)]); // prettier-ignore
    }
  });

  it('let no mistake through the compiler', () => {
    // Never run: it is the compiler that has to find these.
    const mistakes = (): unknown[] => [
      // @ts-expect-error -- a misspelled attribute
      proxies.addToxic('a', { type: 'latency', attributes: { latncy: 5 } }),
      // @ts-expect-error -- a misspelled type
      proxies.addToxic('a', { type: 'latncy', attributes: { latency: 5 } }),
      // @ts-expect-error -- a choice that there is not
      proxies.addToxic('a', { type: 'stream_cut', attributes: { how: 'never' } }),
      // @ts-expect-error -- an attribute of another type
      proxies.addToxic('a', { type: 'refuse', attributes: { latency: 5 } }),
      // @ts-expect-error -- one that has to be given
      proxies.addToxic('a', { type: 'slicer' }),
      // @ts-expect-error -- a misspelled field
      proxies.addToxic('a', { type: 'latency', toxicty: 0.5 }),
      // @ts-expect-error -- a misspelled attribute in what a proxy brings along
      proxies.createProxy({ name: 'a', upstream: 'b:1', toxics: [{ type: 'latency', attributes: { latncy: 5 } }] }),
      // @ts-expect-error -- a misspelled attribute in an update
      proxies.addToxic('a', { type: 'latency' }).then((toxic) => toxic.update({ attributes: { latncy: 5 } })),
    ];
    expect(mistakes).toBeTypeOf('function');
  });
});

/** What a type of an attribute looks like in the table: a number, a text, or each of its choices. */
type Looks<Value> = [Value] extends [number]
  ? 'number'
  : string extends Value
    ? 'text'
    : { readonly [Choice in Value & string]: true };
type LooksOf<Attributes> = {
  readonly [Name in keyof Attributes]-?: undefined extends Attributes[Name]
    ? Looks<NonNullable<Attributes[Name]>>
    : 'number, required';
};

function asSpecified(may: unknown): unknown {
  return typeof may === 'object' && may !== null ? Object.keys(may) : may;
}

const matcher = { method: 'text', path: 'text', header: 'text', after: 'number', nth: 'number', times: 'number' } as const; // prettier-ignore
const delay = { delay: 'number' } as const;
const latency = { latency: 'number', jitter: 'number' } as const;
const nthEvent = { ...matcher, event: 'number' } as const;
const afterEvents = { ...matcher, events: 'number' } as const;

/** Every attribute that the types know: the compiler asks for each, and for no other. */
const everyAttribute: { readonly [Type in ToxicType]: LooksOf<ToxicAttributes[Type]> } = {
  latency,
  bandwidth: { rate: 'number' },
  shared_bandwidth: { rate: 'number' },
  slow_close: delay,
  timeout: { timeout: 'number' },
  half_open: {},
  never_answer: {},
  reset_peer: { timeout: 'number' },
  reset_after: delay,
  slicer: { average_size: 'number, required', size_variation: 'number', delay: 'number' },
  limit_data: { bytes: 'number' },
  packet_loss: { loss_rate: 'number', correlation: 'number' },
  slow_accept: delay,
  close_after: delay,
  corrupt: { rate: 'number' },
  refuse: {},
  connect_timeout: {},
  noop: {},
  http_status: {
    ...matcher,
    status: 'number',
    vendor: {
      ...{ '': true, openai: true, anthropic: true, bedrock: true, vllm: true, tei: true, 'azure-openai': true },
      ...{ qdrant: true, weaviate: true, milvus: true, opensearch: true, salesforce: true, hubspot: true, jira: true },
      ...{ notion: true, 'microsoft-graph': true, zendesk: true, s3: true, github: true, edge: true },
    },
    ...{ code: 'text', body: 'text', headers: 'text', retry_after: 'text' },
  },
  http_latency: { ...matcher, ...latency },
  http_slow_body: { ...matcher, ...delay },
  http_cut: { ...matcher, bytes: 'number', how: { end: true, close: true, reset: true } },
  http_length: { ...matcher, difference: 'number' },
  stream_late: { ...matcher, ...delay },
  stream_slow: { ...matcher, ...delay },
  stream_stall: { ...afterEvents, stall: 'number' },
  stream_cut: {
    ...afterEvents,
    where: { between: true, event: true, character: true },
    how: { end: true, done: true, close: true, reset: true },
  },
  stream_unfinished: { ...matcher, missing: { end: true, reason: true, both: true } },
  stream_drop: nthEvent,
  stream_duplicate: nthEvent,
  stream_reorder: nthEvent,
  stream_garble: nthEvent,
  stream_error: {
    ...afterEvents,
    vendor: { openai: true, 'openai responses': true, anthropic: true, vllm: true, bedrock: true },
    code: 'text',
  },
  stream_heartbeat: { ...afterEvents, interval: 'number', as: { comment: true, ping: true } },
  bad_certificate: {
    fault: { expired: true, not_yet_valid: true, wrong_name: true, unknown_authority: true, self_signed: true },
  },
  tls_stall: {},
  tls_cut: {},
};
