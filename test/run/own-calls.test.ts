import { expect, it } from 'vitest';
import { config } from '../../gameday.config.ts';
import { simulate, type CreateTarget } from '../../harness/index.ts';
import { smallScenario } from './small-world.ts';

/** Our own folders, but for where time and chance come from. */
const own = /[/](harness[/](?!kit[/])|fakes[/]|reports[/]|scenarios[/])[^)]*\.ts/;

/** Adds the calls to what tells time or gives chance for everybody, by their caller, where that is one of `whose`. */
function watchGlobals(seen: Set<string>, whose: RegExp): void {
  const note = (what: string): void => {
    const frames = (new Error('').stack ?? '').split('\n').slice(1);
    const caller = frames.find((line) => !line.includes('own-calls.test.ts')) ?? '';
    if (whose.test(caller)) seen.add(`${what} ${caller.trim()}`);
  };
  const watch = (of: object, key: string): void => {
    const given: unknown = Reflect.get(of, key);
    if (typeof given !== 'function') throw new Error(`There is no ${key}.`);
    Reflect.set(of, key, (...values: unknown[]): unknown => {
      note(key);
      return Reflect.apply(given, of, values) as unknown;
    });
  };
  for (const key of ['setTimeout', 'setInterval', 'setImmediate']) watch(globalThis, key);
  watch(Math, 'random');
  watch(performance, 'now');
  for (const key of ['randomUUID', 'getRandomValues']) watch(crypto, key);
  globalThis.Date = new Proxy(Date, {
    get: (target, key) => {
      if (key === 'now') note('Date.now');
      return Reflect.get(target, key) as unknown;
    },
    construct: (target, values: unknown[]) => {
      if (values.length === 0) note('new Date');
      return Reflect.construct(target, values) as object;
    },
  });
}

/** The calls in a simulated run of the reference workload. */
async function callsOf(whose: RegExp): Promise<Set<string>> {
  const seen = new Set<string>();
  const createTarget: CreateTarget = async (context) => {
    watchGlobals(seen, whose);
    const create = await config.inProcess?.();
    if (!create) throw new Error('The reference workload is no function.');
    return create(context);
  };
  // Loaded before, since importing takes real time.
  await config.inProcess?.();
  const run = await simulate(smallScenario, {
    target: { ...config, inProcess: () => Promise.resolve(createTarget) },
    seed: 7,
  });
  expect(run.samples.length).toBeGreaterThan(100);
  return seen;
}

it('is run by code of ours that takes time and chance from nowhere but what it is handed', async () => {
  expect(await callsOf(own)).toEqual(new Set());
});

it('is seen to read them where libraries do', async () => {
  expect((await callsOf(/[/]node_modules[/]/)).size).toBeGreaterThan(0);
});
