import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { config } from '../../gameday.config.ts';
import { simulate, type CreateTarget } from '../../harness/index.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../harness/kit/virtual/virtual-globals.ts';
import { isOwnCaller } from '../../harness/kit/own-callers.ts';
import { gpuSaturation } from '../../scenarios/gpu-saturation.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';
import { smallScenario } from './small-world.ts';

beforeAll(() => void vi.stubEnv('GAMEDAY_CHECK_OWN_CALLS', '1'));
afterAll(() => void vi.unstubAllEnvs());

/** A function as if it stood in a file of this repository. */
function plant(file: string, code: string): () => unknown {
  const filename = join(import.meta.dirname, '../..', file);
  return runInThisContext(`(function planted() { return ${code}; })`, { filename }) as () => unknown;
}

/** What becomes of a simulation in which a function is called that swallows its errors. */
function simulating(call: () => unknown): Promise<string> {
  const nowhere: typeof fetch = () => Promise.resolve(new Response('from nowhere'));
  const settings = { clock: new VirtualClock(), random: seededRandom(1), fetch: nowhere, isHandedAll: isOwnCaller };
  const work = async (): Promise<string> => {
    await Promise.resolve()
      .then(call)
      .catch(() => undefined);
    return 'nothing was found';
  };
  return withVirtualGlobals(settings, work).catch((cause: unknown) => String(cause));
}

describe('a call to the globals', () => {
  it.each([
    'Date.now()',
    'new Date()',
    'Date()',
    'performance.now()',
    'process.hrtime()',
    'Math.random()',
    'crypto.randomUUID()',
    'crypto.getRandomValues(new Uint8Array(1))',
    'setTimeout(() => undefined, 1)',
    'setInterval(() => undefined, 1)',
    'setImmediate(() => undefined)',
    'AbortSignal.timeout(1)',
    "fetch('http://anywhere.test')",
  ])('is found where our own code makes it: %s', async (code) => {
    expect(await simulating(plant('fakes/planted.ts', code))).toMatch(
      /was taken from the globals by code that has to use the one that it is handed\. It was done by:\n +at .*planted.*[/]fakes[/]planted\.ts/,
    );
  });

  it.each(['harness/world/planted.ts', 'fakes/planted.ts', 'scenarios/planted.ts', 'reports/planted.ts'])(
    'is found where it is made in %s',
    async (file) => {
      expect(await simulating(plant(file, 'Date.now()'))).toContain('Time was taken from the globals');
    },
  );

  it.each(['harness/kit/planted.ts', 'node_modules/library/harness/planted.js', 'test/planted.ts'])(
    "is nobody else's business where it is made in %s",
    async (file) => {
      const seen: unknown[] = [];
      const call = plant(file, 'Date.now()');
      expect(await simulating(() => seen.push(call()))).toBe('nothing was found');
      expect(seen).toEqual([0]);
    },
  );

  it('is allowed with what is not read from now', async () => {
    expect(await simulating(plant('fakes/planted.ts', "new Date(5).getTime() + Date.parse('2026-01-01')"))).toBe(
      'nothing was found',
    );
  });
});

describe('a whole simulated run', () => {
  it.each([
    ['source-throttling', null, sourceThrottling, 3],
    ['gpu-saturation', null, gpuSaturation, 2],
    // Of the defects those whose code is no other's.
    ['source-throttling', 'C3', sourceThrottling, 3],
    ['gpu-saturation', 'A8', gpuSaturation, 2],
  ])(
    'is done by code of ours that takes time, chance and the network from nowhere but what it is handed: %s, defect %s',
    async (_name, defect, whole, parts) => {
      const phases = { warmUpMs: 1000, baselineMs: 3000, faultMs: 12_000, holdMs: 2000, recoveryMs: 3000 };
      const scenario = { ...whole, phases };
      const { samples, calls } = await simulate(scenario, { target: config, seed: 7, rate: 0.1, defect });
      expect(samples.length).toBeGreaterThan(50);
      expect(new Set(calls.map(({ part }) => part)).size).toBe(parts);
    },
    120_000,
  );

  it('fails where they are taken from the globals', async () => {
    const call = plant('fakes/workload/planted.ts', 'Math.random()');
    const createTarget: CreateTarget = async (context) => {
      const create = await config.inProcess?.();
      if (!create) throw new Error('The reference workload is no function.');
      const target = await create(context);
      return { ...target, stop: () => target.stop().finally(call) };
    };
    // Loaded before, since importing takes real time.
    await config.inProcess?.();
    const target = { ...config, inProcess: () => Promise.resolve(createTarget) };
    await expect(simulate(smallScenario, { target, seed: 7 })).rejects.toThrow(
      /Chance was taken from the globals .*\n +at .*planted/,
    );
  }, 60_000);
});
