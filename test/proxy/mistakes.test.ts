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

describe('a name of something that there is not', () => {
  it.each([
    ['POST', '/proxies/a/toxics', { type: 'latncy' }, 'There is no type "latncy". Did you mean "latency"?'],
    [
      'POST',
      '/proxies/a/toxics',
      { type: 'zzzzzzzzzz' },
      /^There is no type "zzzzzzzzzz"\. It can be latency, .*, tls_cut\.$/,
    ],
    ['POST', '/proxies/a/toxics', {}, /^"type" is missing\. It can be latency, /],
    ['POST', '/proxies/a/toxics', { type: 'down' }, /Disable the proxy/],
    ['POST', '/proxies', { name: 'n', upstream: 'a:1', toxics: [{ type: 'laten' }] }, /Did you mean "latency"\?$/],
    ['POST', '/populate', [{ name: 'n', upstream: 'a:1', toxics: [{ type: 'laten' }] }], /Did you mean "latency"\?$/],
    ['GET', '/proxies/stroe', undefined, 'There is no proxy "stroe". Did you mean "store"?'],
    ['DELETE', '/proxies/zzzzzzzzzz', undefined, 'There is no proxy "zzzzzzzzzz". There are "a", "store".'],
    ['GET', '/proxies/a/toxics/slwo', undefined, 'There is no toxic "slwo" of proxy "a". Did you mean "slow"?'],
    ['POST', '/proxies/a/toxics/zzzzzzzzzz', {}, 'There is no toxic "zzzzzzzzzz" of proxy "a". There is "slow".'],
    ['DELETE', '/proxies/store/toxics/x', undefined, 'There is no toxic of proxy "store" at all.'],
    ['GET', '/gameday/receipts/a/slwo', undefined, 'There is no receipt "slwo" of proxy "a". Did you mean "slow"?'],
    ['GET', '/gameday/receipts/aa/slow', undefined, 'No proxy "aa" had a toxic. Did you mean "a"?'],
  ] as const)(
    '%s %s %j is refused in the words of Toxiproxy, and the hint says what may be meant',
    async (method, path, body, hint) => {
      await bench.proxy('store', '127.0.0.1:1');
      await bench.toxic('a', { type: 'latency', name: 'slow' });
      const { status, text } = await bench.call(method, path, body);
      const said = JSON.parse(text) as Record<string, unknown>;
      const words = status === 400 ? /^invalid toxic type$/ : /^(proxy|toxic|receipt) not found$/;
      expect(said).toMatchObject({ error: expect.stringMatching(words) as string, status });
      expect(said['hint']).toMatch(hint);
    },
  );

  it('is quoted only as far as it tells what it was, and compared with nothing where it was never meant for a name', async () => {
    const type = 'latency'.repeat(250_000);
    const fromMs = realClock.now();
    const { text } = await bench.call('POST', '/proxies/a/toxics', { type });
    expect(text.length).toBeLessThan(2000);
    expect(text).toContain('(1750000 characters)');
    // A comparison by letters takes more than a second.
    expect(realClock.now() - fromMs).toBeLessThan(1000);
  });

  it('is followed by no more than twenty that there are', async () => {
    for (let number = 0; number < 30; number++) await bench.proxy(`proxy ${number}`, '127.0.0.1:1', { enabled: false });
    const { json } = await bench.call<{ hint: string }>('GET', '/proxies/zzzzzzzzzzzzzzzz');
    expect(json.hint).toMatch(/^There is no proxy "z+"\. There are "a", "proxy 0", .*, "proxy 18" and 11 more\.$/);
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

  const many = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`field number ${number}`, number]));
  it.each([
    ['more than 64 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, '64 levels'],
    ['more than 1,000 fields in an object', JSON.stringify([many(1001)]), '1000 fields'],
    ['more than 100,000 values', JSON.stringify(Array.from({ length: 60_000 }, () => ({}))), '100000 values'],
    ['501 toxics on a proxy', JSON.stringify([{ name: 'b', upstream: 'c:1', toxics: Array(501).fill({}) }]), '500'],
    ['mistakes everywhere', JSON.stringify([{ name: 1, ...many(999) }]), 'at proxy 1'],
  ])('a body with %s is refused before anything is made of it', async (_what, body, words) => {
    const { status, text } = await bench.call('POST', '/populate', body);
    expect([status, text]).toEqual([400, expect.stringContaining(words) as string]);
    expect(text.length).toBeLessThan(2000);
  });

  it('an attribute beside "attributes" is refused, where it would be ignored, in a toxic, its change and those of a proxy', async () => {
    const says = '"latency" is an attribute: it belongs into "attributes"';
    const wrong = { type: 'latency', name: 'slow', latency: 1000 };
    const answers = [
      await bench.call('POST', '/proxies/a/toxics', wrong),
      await bench.call('POST', '/proxies', { name: 'b', upstream: '127.0.0.1:1', toxics: [wrong] }),
    ];
    await bench.toxic('a', { type: 'latency', name: 'slow' });
    answers.push(await bench.call('PATCH', '/proxies/a/toxics/slow', { latency: 1000 }));
    for (const { status, text } of answers) expect([status, text]).toEqual([400, expect.stringContaining(JSON.stringify(says).slice(1, -1))]); // prettier-ignore
    // Of requests, too; what is no attribute of this type is passed over, as by Go.
    expect((await bench.call('POST', '/proxies/a/toxics', { type: 'http_status', nth: 2 })).status).toBe(400);
    expect((await bench.call('POST', '/proxies/a/toxics', { type: 'noop', latency: 5 })).status).toBe(200);
  });

  it.each([
    ['conections=3', 'bad query: there is no "conections". Did you mean "connections"? There may be'],
    ['connections=abc', 'bad query: connections: has to be a whole number from 1 to 10000'],
    ['connections=0', 'bad query: connections: '],
  ])('the query of a plan that says %s is refused', async (query, says) => {
    await bench.toxic('a', { type: 'noop', name: 'n' });
    const { status, json } = await bench.call('GET', `/gameday/plan/a/n?${query}`);
    expect([status, json['error']]).toEqual([400, expect.stringContaining(says)]);
  });

  it('a field of tls that there is not is named, with the one that may be meant', async () => {
    const { status, text } = await bench.call('POST', '/proxies', {
      name: 't',
      upstream: '127.0.0.1:1',
      tls: { clent: {} },
    });
    expect([status, text]).toEqual([400, expect.stringMatching(/tls has no .*clent.*Did you mean .*client/)]);
  });

  it('a body that is short may be as deep as it likes, whatever characters are escaped in it', async () => {
    const y = `${'['.repeat(4900)}${']'.repeat(4900)}`;
    for (const name of ['\\ud83d\\ude00', '\\ud83d', '\\\\ud83d'])
      expect((await bench.call('POST', '/proxies', `{"name": "${name}", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1", "y": ${y}}`)).status).toBe(201); // prettier-ignore
    const names = Object.keys((await bench.call('GET', '/proxies')).json);
    expect(names.filter((name) => name !== 'a').toSorted()).toEqual(['\\ud83d', '😀', '\ufffd']);
  });

  it('a body with 1,000 fields is taken, and brackets and commas in texts are none', async () => {
    const text = '[{,"\\'.repeat(40_000);
    const statuses = [
      bench.call('POST', '/proxies', { name: 'b', upstream: 'c:1', enabled: false, ...many(997) }),
      bench.call('POST', '/proxies', { name: 'c', upstream: 'c:1', enabled: false, text }),
    ].map(async (answer) => (await answer).status);
    expect(await Promise.all(statuses)).toEqual([201, 201]);
  });

  it('a ninth toxic that sends events twice is refused, since each may double what the one before it has made', async () => {
    const statuses: number[] = [];
    for (let number = 0; number < 9; number++)
      statuses.push(
        (await bench.call('POST', '/proxies/a/toxics', { type: 'stream_duplicate', name: `t${number}` })).status,
      );
    expect(statuses).toEqual([...Array<number>(8).fill(200), 400]);
  });

  it.each([
    [
      'nine that send events twice',
      Array.from({ length: 9 }, (_, at) => ({ name: `${at}`, type: 'stream_duplicate' })),
    ],
    ['one that is done to handshakes, without TLS', [{ type: 'tls_cut' }]],
  ])('a list of which a proxy cannot have its toxics replaces none: %s', async (_what, toxics) => {
    const before = (await bench.call('GET', '/proxies/a')).json;
    const entry = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:2', toxics };
    expect((await bench.call('POST', '/populate', [entry])).status).toBe(400);
    expect((await bench.call('GET', '/proxies/a')).json).toEqual(before);
  });

  it('a body of more than 2 MiB is refused, and the server goes on', async () => {
    expect((await bench.call('POST', '/populate', ['x'.repeat(2_100_000)])).status).toBe(413);
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

  it('a lease that has lapsed is over: it is not shown, and no heartbeat begins it again', async () => {
    await bench.call('POST', '/proxies/a', { lease: 0.1, enabled: false });
    const lapsed = async (): Promise<true> => {
      const { json } = await bench.call<{ enabled: boolean; lease?: number }>('GET', '/proxies/a');
      expect([json.enabled, json.lease]).toEqual([true, undefined]);
      return true;
    };
    await waitUntil(realClock, lapsed, { what: 'a lease that has lapsed', limitMs: 5_000 });
    await bench.toxic('a', { type: 'latency', name: 'later' });
    await bench.call('POST', '/gameday/lease', {});
    await realClock.sleep(300);
    expect((await bench.call('GET', '/proxies/a')).json).toMatchObject({ toxics: [{ name: 'later' }] });
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
      return Promise.resolve({ address: '127.0.0.1:1', turn, close: () => void (open -= 1) });
    },
  });
  const { name, listen, upstream } = { name: 'c', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' };
  await expect(registry.create({ name, listen, upstream, enabled: true, toxics: [] })).rejects.toThrow('no door');
  expect([open, registry.views()]).toEqual([0, {}]);
});
