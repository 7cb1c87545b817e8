import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { openLimitMs } from '../../harness/proxy/opened-in-time.ts';
import type { Port } from '../../harness/proxy/port.ts';
import { Registry, type PopulateResult } from '../../harness/proxy/registry.ts';
import { readProxy, readToxic } from '../../harness/proxy/requests.ts';

// No name is ever looked up: nobody answers.
vi.mock('node:dns/promises', () => ({ lookup: () => new Promise(() => undefined) }));

it.each([
  { how: 'in one call', heal: (registry: Registry) => registry.heal('reset') },
  { how: 'when a lease has lapsed', heal: (registry: Registry) => registry.healUntilDone('lease lapsed') },
])('heals a proxy $how, too, that was still being made with its toxics then', async ({ heal }) => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: async () => {
      await opened;
      return { address: '127.0.0.1:5', turn: () => Promise.resolve(), close: () => undefined };
    },
  });
  const toxics = [{ name: 'hole', type: 'timeout' }];
  const body = { name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:9', toxics };
  const creating = registry.create(readProxy(JSON.stringify(body)));
  await Promise.resolve();
  const healing = heal(registry);
  open();
  await Promise.all([creating, healing]);
  expect(registry.get('a').toxics).toEqual([]);
});

const body = (name: string): ReturnType<typeof readProxy> =>
  readProxy(JSON.stringify({ name, listen: '127.0.0.1:0', upstream: '127.0.0.1:9' }));
const noop = readToxic(JSON.stringify({ name: 'noop', type: 'noop' }));

/** Proxies with a connection each, of which everything fails that is asked of the first proxy. */
async function failing(): Promise<{ registry: Registry; lines: string[]; done: string[] }> {
  const [lines, done] = [[] as string[], [] as string[]];
  let ports = 0;
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: (line) => lines.push(line) },
    openPort: (settings) => {
      ports += 1;
      const port = ports;
      const does = (what: string) => () => {
        if (port === 1) throw new Error(`no ${what}`);
        done.push(what);
      };
      settings.accept(() => ({
        add: does('add'),
        update: does('update'),
        remove: does('remove'),
        close: does('close'),
      }));
      return Promise.resolve({ address: `127.0.0.1:${port}`, turn: () => Promise.resolve(), close: does('shut') });
    },
  });
  for (const name of ['a', 'b']) await registry.create(body(name));
  return { registry, lines, done };
}

it('a connection that fails at a toxic is told of, and the toxic is there', async () => {
  const { registry, lines, done } = await failing();
  for (const name of ['a', 'b']) registry.addToxic(name, noop);
  expect([registry.get('a').toxics.length, done]).toEqual([1, ['add']]);
  expect(lines).toEqual(['what a toxic does to a connection has failed: no add']);
});

it('stops every proxy, also where one will not, and throws the first failure', async () => {
  const { registry, lines, done } = await failing();
  for (const name of ['a', 'b']) registry.addToxic(name, noop);
  await expect(registry.stop()).rejects.toThrow('no shut');
  expect(done).toEqual(['add', 'remove', 'shut', 'close']);
  expect(lines).toEqual([
    ...['add', 'remove'].map((what) => `what a toxic does to a connection has failed: no ${what}`),
    'proxy "a": could not close a connection: no close',
  ]);
});

it('opens nothing any more once it is stopped', async () => {
  let open = 0;
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: ({ listen }) => {
      open += 1;
      return Promise.resolve({ address: listen, turn: () => Promise.resolve(), close: () => void (open -= 1) });
    },
  });
  await registry.create(body('a'));
  const [stopping, healing] = [registry.stop(), registry.heal('lease lapsed')];
  await expect(healing).rejects.toThrow('the fault proxy has been stopped');
  await stopping;
  for (const work of [() => registry.heal('lease lapsed'), () => registry.create(body('b'))])
    await expect(work()).rejects.toMatchObject({ status: 503 });
  await registry.healUntilDone('lease lapsed');
  await registry.stop();
  expect([open, registry.views()]).toEqual([0, {}]);
});

it('a list gives a proxy that is there the lease that it names, and refuses another seed, as an update does', async () => {
  const clock = new VirtualClock();
  const registry = new Registry({
    ...{ clock, random: seededRandom(1), log: () => undefined },
    openPort: ({ listen }) =>
      Promise.resolve({ address: listen, turn: () => Promise.resolve(), close: () => undefined }),
  });
  const wanted = { name: 'a', listen: '127.0.0.1:5', upstream: '127.0.0.1:9' };
  const toxics = [{ name: 'noop', type: 'noop' }];
  const populate = (more: object): Promise<PopulateResult> =>
    registry.populate([readProxy(JSON.stringify({ ...wanted, ...more }))]);
  await populate({ seed: 1 });
  expect((await populate({ seed: 2, toxics, lease: 1 })).failure).toMatchObject({ status: 400 });
  expect(registry.view('a')).toMatchObject({ seed: 1, toxics: [] });
  expect(registry.view('a')).not.toHaveProperty('lease');
  expect((await populate({ seed: 1, toxics, lease: 5 })).proxies).toMatchObject([{ seed: 1, lease: 5 }]);
  await clock.advance(4_000);
  // One that says nothing of these changes nothing of them; one with a lease begins it anew.
  expect((await populate({ toxics })).proxies).toMatchObject([{ seed: 1, lease: 5 }]);
  await populate({ lease: 5 });
  await clock.advance(4_999);
  expect(registry.view('a').toxics).toHaveLength(1);
  await clock.advance(1);
  expect(registry.view('a').toxics).toHaveLength(0);
});

it('a door is not said to be turned while its port is still being opened in another state', async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const states: string[] = [];
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: async ({ listen, door }) => {
      states.push(door);
      await opened;
      return { address: listen, turn: async (state) => void states.push(state), close: () => undefined };
    },
  });
  await registry.create({ ...body('a'), listen: '127.0.0.1:5', enabled: false });
  const enabling = registry.update('a', { enabled: true });
  await vi.waitUntil(() => states.length > 0);
  registry.addToxic('a', readToxic(JSON.stringify({ name: 'shut', type: 'refuse' })));
  const turning = registry.get('a').doorTurned();
  expect(await Promise.race([turning.then(() => 'turned'), nextTurn()])).toBeUndefined();
  open();
  await Promise.all([turning, enabling]);
  expect([states[0], states.at(-1)]).toEqual(['open', 'refusing']);
});

/** A registry in which everything that opens the port 7 waits for a gate; and what was opened. */
function gated(): { registry: Registry; clock: VirtualClock; opened: string[]; openGate: () => void } {
  const clock = new VirtualClock();
  const opened: string[] = [];
  let openGate: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (openGate = resolve));
  const registry = new Registry({
    ...{ clock, random: seededRandom(1), log: () => undefined },
    openPort: async ({ listen }) => {
      opened.push(listen);
      if (listen.endsWith(':7')) await gate;
      return { address: listen, turn: () => Promise.resolve(), close: () => undefined };
    },
  });
  return { registry, clock, opened, openGate: () => openGate() };
}
const listening = (name: string, port: number): ReturnType<typeof readProxy> => {
  return { ...body(name), listen: `127.0.0.1:${port}` };
};

it.each([
  ['deletes it', (registry: Registry) => registry.delete('a')],
  ['disables it', (registry: Registry) => registry.update('a', { enabled: false })],
])('a lapsed lease opens no port of a proxy again where a call behind it %s', async (_what, change) => {
  const { registry, opened, openGate } = gated();
  await registry.create(listening('a', 6));
  const making = registry.create(listening('slow', 7));
  await nextTurn();
  const healing = registry.healUntilDone('lease lapsed');
  const changing = change(registry);
  openGate();
  await Promise.all([making, healing, changing]);
  expect(opened).toEqual(['127.0.0.1:6', '127.0.0.1:7']);
});

it('a lease of its own that lapses while a call waits for its turn is over for a proxy that is deleted by that, and heals one that is disabled', async () => {
  const { registry, clock, opened, openGate } = gated();
  for (const [name, port] of [
    ['gone', 5],
    ['a', 6],
  ] as const)
    await registry.create({ ...listening(name, port), leaseMs: 1_000 });
  const making = registry.create(listening('slow', 7));
  await nextTurn();
  const changing = [registry.delete('gone'), registry.update('a', { enabled: false })];
  await clock.advance(1_000);
  openGate();
  await Promise.all([making, ...changing]);
  await vi.waitUntil(() => registry.view('a').enabled);
  expect(opened).toEqual(['127.0.0.1:5', '127.0.0.1:6', '127.0.0.1:7', '127.0.0.1:6']);
});

it.each([
  ['a lapsed lease', (registry: Registry) => registry.healUntilDone('lease lapsed')],
  ['a reset', (registry: Registry) => registry.heal('reset')],
])('%s leaves a toxic alone that was added after it, while it waited for its turn', async (_what, heal) => {
  const { registry, openGate } = gated();
  await registry.create(listening('a', 6));
  registry.addToxic('a', readToxic(JSON.stringify({ name: 'before', type: 'noop' })));
  const making = registry.create(listening('slow', 7));
  const listing = registry.populate([{ ...listening('a', 6), toxics: [{ ...noop, name: 'listed before' }] }]);
  await nextTurn();
  const healing = heal(registry);
  registry.addToxic('a', noop);
  openGate();
  await Promise.all([making, listing, healing]);
  expect(registry.get('a').toxics.map(({ name }) => name)).toEqual(['noop']);
});

it('a proxy that cannot have its toxics is not made, and nothing is left of them', async () => {
  const { registry, clock } = gated();
  const toxics = Array.from({ length: 9 }, (_, index) =>
    readToxic(JSON.stringify({ name: `${index}`, type: 'stream_duplicate', lease: 86_400 })),
  );
  await expect(registry.create({ ...listening('a', 6), toxics })).rejects.toMatchObject({ status: 400 });
  expect([registry.views(), clock.pending]).toEqual([{}, 0]);
});

it('a stop ends a list whose port is being opened, and nothing more of it is opened', async () => {
  const { registry, opened, openGate } = gated();
  const listing = registry.populate([7, 8, 9].map((port) => listening(`${port}`, port)));
  await nextTurn();
  const stopping = registry.stop();
  openGate();
  const { proxies, failure } = await listing;
  await stopping;
  expect([proxies, failure]).toMatchObject([[], { status: 503 }]);
  expect([opened, registry.views()]).toEqual([['127.0.0.1:7'], {}]);
});

describe('a port that is not opened, as where nobody answers who has its name', () => {
  /** The port of `a` opens when it is told to; those of others open at once. */
  function waiting() {
    const clock = new VirtualClock();
    const closed: string[] = [];
    let openPort: (port: Port) => void = () => undefined;
    const late = new Promise<Port>((resolve) => (openPort = resolve));
    const portAt = (address: string): Port => {
      return { address, turn: () => Promise.resolve(), close: () => void closed.push(address) };
    };
    const registry = new Registry({
      ...{ clock, random: seededRandom(1), log: () => undefined },
      openPort: ({ listen }) => (listen.startsWith('nobody') ? late : Promise.resolve(portAt(listen))),
    });
    const open = (): void => openPort(portAt('127.0.0.1:1'));
    return { clock, registry, closed, open };
  }
  const late = { ...body('a'), listen: 'nobody:1', toxics: [noop] };

  it('holds up no other proxy, no reset and no stop', async () => {
    const { registry, closed } = waiting();
    const creating = registry.create(late).catch((cause: unknown) => cause);
    await registry.create({ ...body('b'), listen: '127.0.0.1:5', toxics: [noop] });
    expect((await registry.populate([{ ...body('c'), listen: '127.0.0.1:6' }])).failure).toBeUndefined();
    await registry.update('c', { enabled: false });
    await registry.heal('reset');
    expect(registry.views()).toMatchObject({ b: { toxics: [] }, c: { enabled: true } });
    await registry.delete('b');
    expect(closed).toEqual(['127.0.0.1:6', '127.0.0.1:5']);
    await registry.stop();
    expect([Object.keys(registry.views()), closed.slice(2)]).toEqual([[], ['127.0.0.1:6']]);
    await expect(Promise.race([creating, nextTurn('still waiting')])).resolves.toBe('still waiting');
  });

  it('of a proxy that is there holds up no reset, where it is to move to a name that nobody answers for', async () => {
    const { registry, clock } = waiting();
    await registry.create({ ...body('b'), listen: '127.0.0.1:5', toxics: [noop] });
    const moving = registry.update('b', { listen: 'example.test:5' }).catch((cause: unknown) => cause);
    const listed = registry.populate([{ ...body('b'), listen: 'example.test:5' }]);
    await registry.heal('reset');
    expect(registry.views()).toMatchObject({ b: { listen: '127.0.0.1:5', toxics: [], enabled: true } });
    await clock.advance(openLimitMs);
    expect([await moving, (await listed).failure]).toMatchObject([{ status: 500 }, { status: 500 }]);
  });

  it('is closed as soon as it opens where everything has been stopped meanwhile', async () => {
    const { registry, closed, open, clock } = waiting();
    const creating = registry.create(late);
    await nextTurn();
    await registry.stop();
    open();
    await expect(creating).rejects.toMatchObject({ status: 503 });
    expect([closed, clock.pending]).toEqual([['127.0.0.1:1'], 0]);
  });

  it('is given up after half a minute, said with 500, and closed if it opens yet', async () => {
    const { registry, closed, open, clock } = waiting();
    const creating = registry.create(late);
    const refused = expect(creating).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^listen tcp nobody:1: /) as string,
    });
    await clock.advance(openLimitMs);
    await refused;
    expect(registry.views()).toEqual({});
    open();
    await nextTurn();
    expect([closed, clock.pending]).toEqual([['127.0.0.1:1'], 0]);
  });

  it('lets a list that was asked for before all were healed go on without its toxics', async () => {
    const { registry, open } = waiting();
    const toxics = [noop];
    const listed = registry.populate([late, { ...body('b'), listen: '127.0.0.1:5', toxics, enabled: false }]);
    await nextTurn();
    await registry.healUntilDone('lease lapsed');
    open();
    expect((await listed).proxies).toMatchObject([
      { name: 'a', toxics: [], enabled: true },
      { name: 'b', toxics: [], enabled: true },
    ]);
  });
});

it('keeps the accounts of the last 500 toxics that there were, and those of all that there are', async () => {
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: ({ listen }) =>
      Promise.resolve({ address: listen, turn: () => Promise.resolve(), close: () => undefined }),
  });
  await registry.create(body('a'));
  const add = (name: string) => registry.addToxic('a', readToxic(JSON.stringify({ name, type: 'noop' })));
  add('stays');
  for (let count = 1; count <= 502; count++) registry.get('a').removeToxic(add(`number ${count}`), 'removed');
  add('last');
  expect(registry.accounts().map(({ toxic }) => toxic)).toEqual([
    'stays',
    ...Array.from({ length: 500 }, (_, index) => `number ${index + 3}`),
    'last',
  ]);
  expect(registry.account('a', 'number 3')).toMatchObject({ ended: 'removed' });
  expect(() => registry.account('a', 'number 2')).toThrow('receipt not found');
});

it('a lease that lapses while its proxy is being disabled enables it again, since it was said before', async () => {
  let free: () => void = () => undefined;
  const freed = new Promise<void>((resolve) => (free = resolve));
  const registry = new Registry({
    ...{ clock: new VirtualClock(), random: seededRandom(1), log: () => undefined },
    openPort: ({ listen }) => Promise.resolve({ address: listen, turn: () => Promise.resolve(), close: () => freed }),
  });
  await registry.create(listening('a', 6));
  const disabling = registry.update('a', { enabled: false });
  await nextTurn();
  const healing = registry.healUntilDone('lease lapsed');
  free();
  await Promise.all([disabling, healing]);
  expect(registry.view('a').enabled).toBe(true);
});
