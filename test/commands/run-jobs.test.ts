import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runJobs, type RunJobsSettings } from '../../harness/commands/run-jobs.ts';
import type { SeedResult } from '../../harness/commands/seed-result.ts';
import { eventLog, hashOf } from '../../harness/event-log.ts';
import { simulate } from '../../harness/index.ts';
import { systemClock } from '../../harness/kit/clock.ts';
import { gameday } from '../table/run-gameday.ts';
import { smallScenario } from '../run/small-world.ts';
import { racingTarget } from '../vitest/racing-target.ts';

const scripted = join(import.meta.dirname, 'support', 'scripted-worker.ts');
const ownConfig = join(import.meta.dirname, 'support', 'racing.config.ts');
const flags: RunJobsSettings['flags'] = { pace: 'quick', world: 'simulated' };

async function run(seeds: readonly number[], settings: Partial<RunJobsSettings> = {}): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  await runJobs(
    seeds.map((seed) => ({ scenario: 'small', defect: null, seed })),
    {
      ...{ jobs: 2, flags, notes: [], kept: 'none', clock: systemClock(), module: scripted },
      signal: new AbortController().signal,
      ...settings,
      onResult: (result, index) => {
        results[index] = result;
        settings.onResult?.(result, index);
      },
    },
  );
  return results;
}

describe('runs that several processes share', () => {
  it('use each process for many, and say which result belongs to which job', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gameday-jobs-'));
    const onResult = ({ seed }: SeedResult): void => {
      if (seed === 6) writeFileSync(join(folder, 'go'), '');
    };
    const results = await run([1, 2, 3, 4, 5, 6], { flags: { ...flags, out: folder }, onResult });
    await rm(folder, { recursive: true });
    expect(results.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6]);
    // The first went on until the last was done, so the other process took all the rest.
    const pids = results.map(({ hash }) => hash);
    expect(new Set(pids).size).toBe(2);
    expect(new Set(pids.slice(1)).size).toBe(1);
  });

  it('are broken, with what was seen, where the process dies, and another goes on', async () => {
    const printed: string[] = [];
    const results = await run([2, 13, 3], { jobs: 1, onOutput: (line) => printed.push(line) });
    expect(results.map(({ outcome }) => outcome)).toEqual(['pass', 'broken', 'pass']);
    expect(results[1]?.why).toBe(
      'The run came to no end: its process exited with code 7; the last that it printed: out of luck',
    );
    expect(printed).toEqual(['out of luck']);
    expect(results[2]?.hash).not.toBe(results[0]?.hash);
  });

  it('are broken where one takes too long', async () => {
    const results = await run([19, 2], { jobs: 1, limitMs: 50 });
    expect(results.map(({ outcome }) => outcome)).toEqual(['broken', 'pass']);
    expect(results[0]?.why).toContain('Waited for the run of small with seed 19: nothing after 50 ms');
  });

  it('stop when they are told to: what is under way is interrupted, and nothing more begins', async () => {
    const ending = new AbortController();
    const onResult = ({ seed }: SeedResult): void => {
      if (seed === 1) ending.abort(new Error('interrupted by SIGINT'));
    };
    const folder = await mkdtemp(join(tmpdir(), 'gameday-jobs-'));
    // The first result, which interrupts the rest, comes once the other process is in the middle of its job.
    const onOutput = (line: string): void => {
      if (line === 'seed 17 has begun') writeFileSync(join(folder, 'go'), '');
    };
    const own = { flags: { ...flags, out: folder }, onOutput };
    const results = await run([17, 1, 2, 3], { signal: ending.signal, onResult, ...own });
    await rm(folder, { recursive: true });
    expect(results.map(({ seed, outcome, why }) => [seed, outcome, why])).toEqual([
      [17, 'inconclusive', 'interrupted by SIGINT'],
      [1, 'pass', ''],
    ]);
  });

  it('are refused at once when a process cannot load what it needs', async () => {
    await expect(run([1, 2, 3], { flags: { ...flags, defect: 'unloadable' } })).rejects.toThrow(
      'A process for the runs could not be started: no such target',
    );
  });
});

describe('the seed worker', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'gameday-jobs-'));
  });
  afterEach(() => rm(out, { recursive: true, force: true }));

  const hashesByWorkers = async (seeds: readonly number[], others: { interleave?: boolean }): Promise<unknown[]> => {
    const results: SeedResult[] = [];
    await runJobs(
      seeds.map((seed) => ({ scenario: 'small', defect: null, seed })),
      {
        ...{ flags: { ...flags, target: ownConfig, out, ...others }, jobs: 2 },
        ...{ notes: [], kept: 'none', clock: systemClock(), signal: new AbortController().signal },
        onResult: (result, index) => (results[index] = result),
      },
    );
    return results.map(({ hash }) => hash);
  };

  const hashesHere = async (seeds: readonly number[], others: { interleave?: boolean }): Promise<unknown[]> => {
    const hashes = [];
    for (const seed of seeds)
      hashes.push(hashOf(eventLog(await simulate(smallScenario, { target: racingTarget(), seed, ...others }))));
    return hashes;
  };

  it('runs a target of one’s own with the same hashes as in this process, and leaves nothing behind', async () => {
    expect(await hashesByWorkers([5, 6, 7], {})).toEqual(await hashesHere([5, 6, 7], {}));
    expect((await readdir(out)).filter((name) => name !== 'latest')).toEqual([]);
  }, 60_000);

  it('lets the seed decide the order of what is ready where it is told to, as in this process', async () => {
    const interleaved = await hashesByWorkers([5], { interleave: true });
    expect(interleaved).toEqual(await hashesHere([5], { interleave: true }));
    expect(interleaved).not.toEqual(await hashesHere([5], {}));
  }, 60_000);

  it('serves the command line, with the same table whatever the number of processes', async () => {
    const parameters = ['run', 'small', '--world', 'simulated', '--seeds', '1..2', '--target', ownConfig, '--out', out];
    const [one, two] = await Promise.all([
      gameday([...parameters, '--jobs', '1']),
      gameday([...parameters, '--jobs', '2']),
    ]);
    const table = ({ output }: { output: string }): string => output.slice(output.indexOf('scenario  seeds'));
    expect(table(two)).toContain('First of small that did not pass: seed 1, invalid: ');
    expect(table(two)).toBe(table(one));
    expect([one.code, two.code]).toEqual([2, 2]);
  }, 60_000);
});
