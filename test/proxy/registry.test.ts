import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Registry, type PopulateResult } from '../../harness/proxy/registry.ts';
import { readProxy, readToxic } from '../../harness/proxy/requests.ts';

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
      return Promise.resolve({ address: listen, turn: () => Promise.resolve(), close: () => (open -= 1) });
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
