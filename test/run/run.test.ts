import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../harness/run.ts';
import { readRun, type StoredRun } from '../../harness/run-folder.ts';
import { recordJsonSchema } from '../../harness/record-schema.ts';
import { ask, availability, retryAmplification, seconds, type Scenario } from '../../harness/index.ts';
import { exitCodeOf } from '../../harness/commands/exit-codes.ts';
import { inThisProcess } from '../commands/support/in-this-process.ts';
import { runSmall, runSmallIn, smallScenario, smallTarget } from './small-world.ts';

/** As many questions in half the time. */
const scenario: Scenario = {
  ...smallScenario,
  load: [ask({ ratePerSecond: 80, deadlineMs: seconds(1) })],
  phases: { warmUpMs: 250, baselineMs: 500, faultMs: 500, holdMs: 250, recoveryMs: 500 },
};

describe('a run as it should be', () => {
  /** Objectives about traffic that never is. */
  const ofNothing = [
    retryAmplification({ at: 'model-server', atMost: 1.2, operationPrefix: 'chat' }),
    availability({ of: 'ingest', atLeast: 0.99, during: 'fault' }),
  ];
  let run: StoredRun;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gameday-as-it-should-be-'));
    run = judged(
      await runSmallIn(folder, { scenario: { ...scenario, objectives: [...scenario.objectives, ...ofNothing] } }),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('goes from scenario to a stored record that can be read again, with everything in it', async () => {
    expect(await readRun(run.folder)).toEqual({
      ...run,
      samples: plain(run.samples),
      calls: plain(run.calls),
      record: plain(run.record),
    });
    expect(await readlink(join(folder, 'runs', 'latest'))).toBe(run.record.run.id);
    expect((await readdir(run.folder)).sort()).toEqual(['calls.jsonl', 'output', 'record.json', 'samples.jsonl']);
    const { receipts, plan, baselineTraffic, ledger, telemetry, lateness } = run.record;
    expect(receipts).toMatchObject([{ fault: 'noisy-neighbour', ended: 'healed' }]);
    expect(plan.phases.map((phase) => phase.name)).toEqual(['warm-up', 'baseline', 'noisy-neighbour', 'recovery']);
    expect(baselineTraffic.map((link) => link.to).sort()).toEqual(['model-server', 'target']);
    expect(ledger.stored).toHaveLength(5);
    expect(telemetry.some((series) => series.name === 'vllm:num_requests_waiting')).toBe(true);
    expect(lateness.count).toBe(run.samples.length);
    expect(run.samples.filter((sample) => sample.outcome.kind === 'good').length).toBeGreaterThan(100);
    expect(run.calls.filter((call) => call.part === 'model-server').length).toBeGreaterThan(100);
  });

  it('can be judged and reported again from its record alone, into a folder that does not exist yet', async () => {
    const again = await inThisProcess(['judge', run.folder]);
    expect(again.code).toBe(exitCodeOf([run.record.verdict.outcome]));
    expect(again.output).toContain('availability');
    const out = join(folder, 'reports', 'of-today');
    const reported = await inThisProcess([
      'report',
      run.folder,
      '--reporter',
      'json,junit,markdown,html',
      '--out',
      out,
    ]);
    expect(reported.output).toContain(join(out, 'report.html'));
    expect((await readdir(out)).sort()).toEqual(['junit.xml', 'report.html', 'summary.json', 'summary.md']);
  });

  it('writes records that keep the published schema, which is up to date', async () => {
    const published = JSON.parse(
      await readFile(join(import.meta.dirname, '../../docs/record.schema.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect(published).toEqual(plain(recordJsonSchema()));
    const validate = new Ajv2020({ strict: false }).compile(published);
    const record: unknown = JSON.parse(await readFile(join(run.folder, 'record.json'), 'utf8'));
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...(record as object), plan: 7 })).toBe(false);
  });

  it('is inconclusive where the phases are too short for the samples needed, and says how many it takes', () => {
    const [availability] = run.record.verdict.objectives;
    expect(availability?.outcome).toBe('inconclusive');
    expect(availability?.finding).toMatch(/A pass needs about \d+: .* s at/);
  });

  it('judges an objective about traffic that never was as inconclusive', () => {
    const outcomes = run.record.verdict.objectives.slice(-ofNothing.length).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['inconclusive', 'inconclusive']);
  });
});

describe('a run', () => {
  it('gives a verdict, not a crash, when the target dies in the middle', async () => {
    const { record } = judged(await runSmall({ scenario, target: smallTarget('dies') }));
    expect(record.processes.find((child) => child.name === 'target')?.died).toMatch(/7/);
    expect(record.verdict.outcome).not.toBe('pass');
    expect(record.verdict.objectives.find((objective) => objective.name === 'availability')?.outcome).toBe('fail');
  });

  it('fails a target that answers nonsense with status 200', async () => {
    const { record, samples } = judged(await runSmall({ scenario, target: smallTarget('nonsense') }));
    expect(samples.every((sample) => sample.outcome.kind === 'failed')).toBe(true);
    expect(['fail', 'invalid']).toContain(record.verdict.outcome);
  });

  it('is invalid when the target goes around the world, and names the variable that it ignored', async () => {
    const { record } = judged(await runSmall({ scenario, target: smallTarget('goes around') }));
    expect(record.verdict.outcome).toBe('invalid');
    expect(record.verdict.invalidReasons.join()).toContain('OPENAI_BASE_URL');
  });

  it('shows the last lines of a target that never gets ready, and leaves nothing behind', async () => {
    const failing = runSmall({
      scenario,
      target: { ...smallTarget('never ready'), ready: { path: '/health', withinMs: 1500 } },
    });
    await expect(failing).rejects.toMatchObject({ code: 'target-not-ready' });
    const said = await failing.catch((cause: unknown) =>
      JSON.stringify([
        (cause as Error).message,
        (cause as { problems: string[] }).problems,
        (cause as { hint?: string }).hint,
      ]),
    );
    expect(said).toContain('waiting for a database that does not exist');
  });

  it('skips a scenario that needs an operation which the target does not offer', async () => {
    const target = { ...smallTarget(), operations: { ask: smallTarget().operations.ask } } as ReturnType<
      typeof smallTarget
    >;
    expect(await runSmall({ target })).toEqual({
      kind: 'skipped',
      scenario: 'small',
      reason: 'small target offers no operation ingest',
    });
  });

  it('heals and stops everything within a second when it is interrupted, and keeps the record of what ran', async () => {
    const ending = new AbortController();
    let abortedAt = 0;
    const result = await runSmall({
      scenario: { ...scenario, phases: { ...scenario.phases, faultMs: 1000 } },
      signal: ending.signal,
      onProgress: (progress) => {
        if (progress.kind !== 'phase' || progress.phase.kind !== 'fault') return;
        setTimeout(() => {
          abortedAt = performance.now();
          ending.abort(new Error('interrupted by SIGINT'));
        }, 300);
      },
    });
    expect(performance.now() - abortedAt).toBeLessThan(1000);
    const { record } = judged(result);
    expect(record.run.interrupted).toBe('interrupted by SIGINT');
    expect(record.receipts).toMatchObject([{ fault: 'noisy-neighbour', ended: 'interrupted' }]);
    expect(record.verdict.outcome).not.toBe('pass');
  });

  it('does not disturb another run at the same time', async () => {
    const stateFolder = await mkdtemp(join(tmpdir(), 'gameday-both-'));
    const both = await Promise.all([7, 8].map((seed) => runSmallIn(stateFolder, { scenario, seed })));
    const runs = both.map(judged);
    expect(new Set(runs.map((run) => run.record.run.id)).size).toBe(2);
    for (const [index, run] of runs.entries()) {
      expect(run.samples.filter((sample) => sample.outcome.kind === 'good').length).toBeGreaterThan(100);
      // Nothing of the other one came to its parts.
      const others = new Set(runs[1 - index]?.samples.map((sample) => sample.id));
      expect(run.calls.filter((call) => others.has(call.traceId ?? ''))).toEqual([]);
    }
    expect((await readdir(join(stateFolder, 'runs'))).length).toBe(3);
    expect(await readdir(join(stateFolder, 'undo'))).toEqual([]);
    await rm(stateFolder, { recursive: true });
  });
});

function judged(result: RunResult): StoredRun {
  if (result.kind !== 'judged') throw new Error(`skipped: ${result.reason}`);
  return result.run;
}

/** What JSON makes of it. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
