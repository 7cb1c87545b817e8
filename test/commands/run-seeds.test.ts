import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { progressLine, runSeeds } from '../../harness/commands/run-seeds.ts';
import { seedResult, type SeedResult } from '../../harness/commands/seed-result.ts';
import { parseSeeds } from '../../harness/commands/seeds.ts';
import type { Terminal } from '../../harness/commands/terminal.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { RunResult } from '../../harness/run.ts';
import { gpuSaturation } from '../../scenarios/gpu-saturation.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';
import { exampleRun } from '../reports/example-run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-seeds-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(result: (scenario: string, seed: number) => Promise<RunResult>, ending = new AbortController()) {
  const printed: string[] = [];
  const quiet = (): void => undefined;
  const print = (text: string): number => printed.push(text);
  const terminal: Terminal = { isTerminal: false, color: false, print, say: quiet, transient: quiet };
  const clock = new VirtualClock();
  const reported: string[] = [];
  const code = await runSeeds([sourceThrottling, gpuSaturation], {
    ...{ seeds: [1, 2, 3], defect: null, terminal, clock, signal: ending.signal },
    replay: ({ scenario, seed }) => `npx gameday run ${scenario} --seed ${seed}`,
    writeReports: async (rows) => {
      reported.push(...rows.map(({ scenario, seed, outcome }) => `${scenario} ${seed} ${outcome}`));
      return [];
    },
    // The last comes first: the table is in the order of the seeds all the same.
    runAll: async (jobs, onResult) => {
      for (const [index, job] of [...jobs.entries()].toReversed()) {
        if (ending.signal.aborted) break;
        const run = () => result(job.scenario, job.seed);
        onResult(await seedResult(job, { run, kept: 'all but passes', clock }), index);
      }
    },
  });
  return { code, text: printed.join('\n'), reported };
}

async function judged(variant: 'passing' | 'failing'): Promise<RunResult> {
  return { kind: 'judged', run: { ...exampleRun(variant), folder: await mkdtemp(join(folder, `${variant}-`)) } };
}

describe('seeds', () => {
  it('are a range or a list', () => {
    expect(parseSeeds('3..6')).toEqual([3, 4, 5, 6]);
    expect(parseSeeds('7')).toEqual([7]);
    expect(parseSeeds('7,9,7')).toEqual([7, 9]);
    for (const wrong of ['', '6..3', '1..', 'a', '1..999999999', '1;2']) expect(() => parseSeeds(wrong)).toThrow();
  });
});

describe('the first seed that did not pass', () => {
  const nothing = { why: 'availability', failed: ['availability'], invalidReasons: [], wallMs: 1, command: 'again' };

  /** What is said when it is run again alone, and which were run so. */
  async function saidAfter(outcomes: readonly SeedResult['outcome'][], hashAlone: string) {
    const said: string[] = [];
    const alone: number[] = [];
    const quiet = (): void => undefined;
    const terminal: Terminal = {
      isTerminal: false,
      color: false,
      print: quiet,
      say: (line) => said.push(line),
      transient: quiet,
    };
    const seeds = outcomes.map((_, index) => index + 1);
    await runSeeds([sourceThrottling], {
      ...{ seeds, defect: null, terminal, clock: new VirtualClock(), signal: new AbortController().signal },
      replay: () => 'again',
      writeReports: () => Promise.resolve([]),
      runAll: async (jobs, onResult) => {
        for (const [index, job] of jobs.entries())
          onResult({ ...job, ...nothing, outcome: outcomes[index] ?? 'pass', hash: `hash ${job.seed}` }, index);
      },
      runAlone: async (job) => {
        alone.push(job.seed);
        return { ...job, ...nothing, outcome: 'pass', hash: hashAlone };
      },
    });
    return { alone, said: said.filter((line) => line.includes('alone')) };
  }

  it('is run again alone, and nothing is said when that is the same', async () => {
    expect(await saidAfter(['pass', 'fail', 'fail'], 'hash 2')).toEqual({ alone: [2], said: [] });
  });

  it('is said to be another run when it is alone, where the target keeps something from one run to the next', async () => {
    const { said } = await saidAfter(['pass', 'invalid', 'fail'], 'hash of another');
    expect(said).toEqual([
      expect.stringContaining(
        'source-throttling, seed 2, run alone in a process of its own, comes to another event log (pass)',
      ),
    ]);
  });

  it('is not run again where there is none, or only one run', async () => {
    expect((await saidAfter(['pass', 'pass'], 'x')).alone).toEqual([]);
    expect((await saidAfter(['fail'], 'x')).alone).toEqual([]);
  });
});

describe('runs with many seeds', () => {
  it('are counted by verdict; the first that does not pass is shown with its command, and only such are kept', async () => {
    const folders: string[] = [];
    const { code, text, reported } = await run(async (scenario, seed) => {
      const result = await judged(scenario === 'gpu-saturation' && seed > 1 ? 'failing' : 'passing');
      if (result.kind === 'judged') folders.push(result.run.folder);
      return result;
    });
    expect(code).toBe(1);
    expect(text).toMatch(/source-throttling +3 +3 +0/);
    expect(text).toMatch(/gpu-saturation +3 +1 +2/);
    expect(text).toContain('\n\ngpu-saturation\n  fail: 2, 3\n    2, 3: waits-for-retry-after, ');
    expect(text).toContain('First of gpu-saturation that did not pass: seed 2, fail: ');
    expect(text).toContain('run it again: npx gameday run');
    expect(reported).toHaveLength(6);
    expect(reported.at(-1)).toBe('gpu-saturation 3 fail');
    expect(folders.map((one) => existsSync(one))).toEqual([true, true, false, false, false, false]);
  });

  it('end with 0 when all pass, and with 3 when one breaks', async () => {
    expect((await run(() => judged('passing'))).code).toBe(0);
    const { code, text } = await run((_, seed) => (seed === 2 ? Promise.reject(new Error('oops')) : judged('passing')));
    expect(code).toBe(3);
    expect(text).toContain('broken: ');
    expect(text).toContain('run it again: npx gameday run source-throttling --seed 2');
  });

  it('are no pass when they were interrupted', async () => {
    const ending = new AbortController();
    const { code } = await run((_, seed) => {
      if (seed === 2) ending.abort();
      return judged('passing');
    }, ending);
    expect(code).toBe(2);
  });

  it('say how far they are, and how long it will take by the pace so far', () => {
    expect(progressLine({ done: 0, total: 9, unsound: 0, elapsedMs: 10 })).toBe('0 of 9 done');
    expect(progressLine({ done: 3, total: 9, unsound: 2, elapsedMs: 30_000 })).toBe(
      '3 of 9 done, 2 did not pass, about 60 s left',
    );
    expect(progressLine({ done: 9, total: 9, unsound: 0, elapsedMs: 90_000 })).toBe('9 of 9 done');
  });
});
