import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { Registry } from '../../harness/proxy/registry.ts';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { realClock, startBench, type Bench } from './support.ts';

// What Toxiproxy passes over in silence, so that a fault is not what its author thinks it is.
let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  await bench.proxy('a', '127.0.0.1:1');
});
afterEach(() => bench.cleanup.stop());

describe('a name that is nearly one that there is', () => {
  it.each([
    ['POST', '/proxies/a/toxics', { type: 'latency', toxicty: 0.1 }, 'field "toxicty". Did you mean "toxicity"?'],
    ['POST', '/proxies/a/toxics', { type: 'latency', attributes: { latncy: 5 } }, 'latncy". Did you mean "latency"?'],
    ['POST', '/proxies/a/toxics', { type: 'http_status', attributes: { staus: 429 } }, 'Did you mean "status"?'],
    ['POST', '/proxies/a', { enabld: false }, 'Did you mean "enabled"?'],
  ])('%s %s %j is refused', async (method, path, body, words) => {
    const { status, text } = await bench.call(method, path, body);
    expect(status).toBe(400);
    expect((JSON.parse(text) as { error: string }).error).toContain(words);
    expect((await bench.call<{ toxics: unknown[] }>('GET', '/proxies/a')).json.toxics).toEqual([]);
  });

  it('is taken where only its case is another, and passed over where it is like none, as by Go', async () => {
    const body = { Type: 'latency', Attributes: { Latency: 7 }, comment: 'x' };
    const { status, json } = await bench.call<{ attributes: object }>('POST', '/proxies/a/toxics', body);
    expect([status, json.attributes]).toEqual([200, { latency: 7, jitter: 0 }]);
  });

  it('of an attribute that Toxiproxy cannot know is refused whatever it is', async () => {
    const { status, text } = await bench.call('POST', '/proxies/a/toxics', { type: 'corrupt', attributes: { zzz: 1 } });
    expect([status, text]).toEqual([400, expect.stringContaining('It can be rate.') as string]);
  });
});

describe('what cannot be so', () => {
  it.each([-0.1, 1.5, 50])('a toxicity of %d is refused, also when a toxic is changed', async (toxicity) => {
    const refused = await bench.call('POST', '/proxies/a/toxics', { type: 'latency', toxicity });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('from 0 to 1') as string]);
    await bench.toxic('a', { type: 'latency', name: 'x' });
    expect((await bench.call('POST', '/proxies/a/toxics/x', { toxicity })).status).toBe(400);
  });

  it('another seed for what has one is refused, the same is not', async () => {
    await bench.toxic('a', { type: 'latency', name: 'x', seed: 3 });
    const statuses = [3, 4].map(async (seed) => (await bench.call('POST', '/proxies/a/toxics/x', { seed })).status);
    expect(await Promise.all(statuses)).toEqual([200, 400]);
  });

  it('a body of more than 8 MiB is refused, and the server goes on', async () => {
    expect((await bench.call('POST', '/populate', ['x'.repeat(9_000_000)])).status).toBe(413);
    expect((await bench.call('GET', '/version')).status).toBe(200);
  });
});

describe('what is asked for later', () => {
  it('a lease that an update gives heals a proxy and ends a toxic, and both are shown', async () => {
    await bench.toxic('a', { type: 'latency', name: 'x' });
    const toxic = await bench.call<{ lease: number }>('POST', '/proxies/a/toxics/x', { lease: 0.2 });
    const proxy = await bench.call<{ lease: number }>('POST', '/proxies/a', { enabled: false, lease: 0.2 });
    expect([toxic.json.lease, proxy.json.lease]).toEqual([0.2, 0.2]);
    const healed = async (): Promise<true> => {
      expect((await bench.call('GET', '/proxies/a')).json).toMatchObject({ enabled: true, toxics: [] });
      return true;
    };
    await waitUntil(realClock, healed, { what: 'a proxy that is healed', limitMs: 5_000 });
  });

  it('toxics of a list are put on a proxy that is there, one that is just so already stays, others are left alone', async () => {
    const { json } = await bench.call<{ listen: string; upstream: string }>('GET', '/proxies/a');
    const at = (latency: number): object => ({ type: 'latency', name: 'x', attributes: { latency } });
    await bench.toxic('a', { type: 'noop', name: 'other' });
    const populate = (toxics: object[]): Promise<unknown> =>
      bench.call('POST', '/populate', [{ name: 'a', listen: json.listen, upstream: json.upstream, toxics }]);
    for (const latency of [5, 5, 6]) await populate([at(latency)]);
    const { json: after } = await bench.call('GET', '/proxies/a');
    expect(after).toMatchObject({ toxics: [{ name: 'other' }, { name: 'x', attributes: { latency: 6 } }] });
    // Two of that name: the second call left the first one as it was.
    const receipts = (await bench.call<{ toxic: string }[]>('GET', '/gameday/receipts')).json;
    expect(receipts.map(({ toxic }) => toxic)).toEqual(['other', 'x', 'x']);
  });
});

it('the receipt of a toxic is not lost when another of its name comes', async () => {
  const port = await bench.proxy('b', (await bench.echo()).address);
  await bench.toxic('b', { type: 'latency', name: 'x', attributes: { latency: 1 } });
  await (await bench.dial(port)).roundTrip('hello');
  await bench.call('DELETE', '/proxies/b/toxics/x');
  await bench.toxic('b', { type: 'latency', name: 'x' });
  const receipts = (await bench.call<{ connectionsSeen: number; ended: string | null }[]>('GET', '/gameday/receipts'))
    .json;
  expect(receipts).toMatchObject([
    { connectionsSeen: 1, bytesDelayed: 5, ended: 'removed' },
    { connectionsSeen: 1, bytesDelayed: 0, ended: null },
  ]);
});

it('a proxy whose door cannot be turned as its toxics want leaves no port open', async () => {
  let open = 0;
  const registry = new Registry({
    ...{ clock: realClock, random: seededRandom(1), log: () => undefined },
    openPort: () => {
      open += 1;
      const turn = (): Promise<void> => Promise.reject(new Error('no door'));
      return Promise.resolve({ address: '127.0.0.1:1', turn, close: () => (open -= 1) });
    },
  });
  const { name, listen, upstream } = { name: 'c', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' };
  await expect(registry.create({ name, listen, upstream, enabled: true, toxics: [] })).rejects.toThrow('no door');
  expect([open, registry.views()]).toEqual([0, {}]);
});
