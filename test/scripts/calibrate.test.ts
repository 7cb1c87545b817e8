import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SeedJob, SeedResult } from '../../harness/commands/seed-result.ts';
import { calibrate } from '../../scripts/calibration/calibrate.ts';
import { cellsOf, type Cell } from '../../scripts/calibration/cells.ts';
import { openResults } from '../../scripts/calibration/results-file.ts';
import { summarize, type Summary } from '../../scripts/calibration/summary.ts';
import { codeHash } from '../../scripts/code-hash.ts';
import { markersOf, published } from '../../scripts/publish.ts';
import { smallScenario } from '../run/small-world.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-calibrate-'));
  file = join(folder, 'deeper', 'results.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const defects = [
  { id: 'D1', title: 'a defect', scenario: 'small', caughtBy: ['availability'] },
  { id: 'T1', title: 'a healthy twin', scenario: 'small', caughtBy: [] },
  { id: 'X1', title: 'of another scenario', scenario: 'other', caughtBy: ['availability'] },
];
const seeds = { good: [1, 2, 3], defect: [1, 2] };
const all = cellsOf([smallScenario], { defects }, seeds);

/** What a sound workload and a sound judge would give. */
function expected(job: SeedJob): SeedResult {
  const isCaught = job.defect === 'D1';
  return {
    ...job,
    ...{ outcome: isCaught ? 'fail' : 'pass', failed: isCaught ? ['availability'] : [], why: '', invalidReasons: [] },
    ...{ hash: `hash ${job.defect ?? 'none'} ${job.seed}`, wallMs: 5, command: null },
  };
}

async function run(
  settings: {
    code?: string;
    twice?: boolean;
    /** Ends after so many runs, as if killed. */
    killedAfter?: number;
    result?: (job: SeedJob, round: number) => SeedResult;
    cells?: readonly Cell[];
  } = {},
): Promise<Summary & { readonly jobs: readonly SeedJob[]; readonly unreadable: number; readonly takenOver: unknown }> {
  const { code = 'one', twice = false, killedAfter = Infinity, result = expected, cells = all } = settings;
  const results = openResults(file, code);
  const jobs: SeedJob[] = [];
  let takenOver: unknown;
  await calibrate({
    ...{
      cells,
      results,
      code,
      twice,
      isStopped: () => false,
      onProgress: () => undefined,
      onTakenOver: (seen) => (takenOver = seen),
    },
    run: (list, round, onResult) => {
      for (const job of list) {
        if (jobs.length >= killedAfter) break;
        jobs.push(job);
        onResult(result(job, round));
      }
      return Promise.resolve();
    },
  });
  return { ...summarize(cells, results, twice), jobs, unreadable: results.unreadable, takenOver };
}

describe('a calibration', () => {
  it('runs every good scenario and each of its defects, and counts what was caught and what was flagged', async () => {
    const { jobs, markdown, problems } = await run();
    expect(jobs.length).toBe(3 + 2 + 2);
    expect(problems).toEqual([]);
    expect(markdown).toContain('| small | all | none | 3 | 3 | 0 | 0 | 0 | 0 | nothing |  |');
    expect(markdown).toContain('| small | all | D1 | 2 | 0 | 2 | 0 | 0 | 0 | availability | 100 % (34.2 % to 100 %) |');
    expect(markdown).toContain('No alarm');
  });

  it('goes on where it was killed, also in the middle of a line', async () => {
    expect((await run({ killedAfter: 4 })).jobs.length).toBe(4);
    const text = readFileSync(file, 'utf8');
    appendFileSync(file, '{"code":"one","round":1,"scena');
    const { jobs, unreadable, problems } = await run();
    expect(unreadable).toBe(1);
    expect(jobs.map(({ defect, seed }) => [defect, seed])).toEqual([
      ['D1', 2],
      ['T1', 2],
      [null, 3],
    ]);
    expect(problems).toEqual([]);
    expect(readFileSync(file, 'utf8').startsWith(text)).toBe(true);
    expect(readFileSync(file, 'utf8').trim().split('\n').length).toBe(7);
    expect((await run()).jobs).toEqual([]);
  });

  it('takes results of other code over where one run of each cell, done anew, has the same event log and verdict', async () => {
    await run({ code: 'one' });
    const second = await run({ code: 'two' });
    expect(second.jobs.map(({ defect, seed }) => [defect, seed])).toEqual([
      [null, 1],
      ['D1', 1],
      ['T1', 1],
    ]);
    expect(second.takenOver).toEqual({ taken: 4, refused: 0 });
    expect(second.problems).toEqual([]);
    expect(second.markdown).toContain('7 of 7 runs done.');
    expect(second.markdown).toContain('4 of them by earlier code');
    const third = await run({ code: 'two' });
    expect([third.jobs, third.takenOver]).toEqual([[], undefined]);
    // What was taken over once can be taken over again.
    expect((await run({ code: 'three' })).takenOver).toEqual({ taken: 4, refused: 0 });
  });

  it.each([
    { what: 'event log', change: { hash: 'another' } },
    { what: 'verdict', change: { outcome: 'inconclusive' as const } },
  ])('starts a cell anew where other code has another $what, and loses nothing until then', async ({ change }) => {
    await run({ code: 'one' });
    const result = (job: SeedJob): SeedResult =>
      job.defect === 'T1' ? { ...expected(job), ...change } : expected(job);
    const { jobs, takenOver } = await run({ code: 'two', result, killedAfter: 3 });
    expect(takenOver).toEqual({ taken: 3, refused: 2 });
    expect(jobs.length).toBe(3);
    expect(readFileSync(file, 'utf8')).toContain('"code":"one","round":1,"scenario":"small","defect":"T1","seed":2');
    const next = await run({ code: 'two', result });
    expect(next.jobs).toEqual([{ scenario: 'small', defect: 'T1', seed: 2 }]);
    expect(openResults(file, 'two').others()).toEqual([]);
  });

  it('keeps runs with fewer requests apart from those with all, and says how many were sent', async () => {
    await run();
    const thin = cellsOf([smallScenario], { defects }, seeds, () => 0.3);
    const { jobs, markdown } = await run({ cells: thin });
    // The rest is known: a healthy twin has no sample to spare, and was run with all before.
    expect(jobs.map(({ defect, rate }) => [defect, rate])).toEqual(
      [null, 'D1', null, 'D1', null].map((defect) => [defect, 0.3]),
    );
    expect(markdown).toContain('| small | 0.3 | none | 3 | 3 |');
    expect((await run({ cells: thin })).jobs).toEqual([]);
    expect((await run()).jobs).toEqual([]);
    // Either holds for other code by a run of its own.
    expect((await run({ cells: thin, code: 'two' })).takenOver).toEqual({ taken: 7, refused: 0 });
  });

  it('takes nothing over when it is killed before it knows whether that holds', async () => {
    await run({ code: 'one' });
    expect((await run({ code: 'two', killedAfter: 0 })).takenOver).toEqual({ taken: 0, refused: 0 });
    expect((await run({ code: 'two' })).takenOver).toEqual({ taken: 4, refused: 0 });
  });

  it('runs what broke once more, since the death of a process says nothing about the run', async () => {
    const broken = (job: SeedJob): SeedResult =>
      job.defect === null && job.seed === 2
        ? { ...expected(job), outcome: 'broken', why: 'it died', hash: null }
        : expected(job);
    const first = await run({ result: broken });
    expect(first.problems).toEqual(['small: 1 of 3 healthy runs: broken.']);
    expect(first.markdown).toContain('- small, seed 2: broken (it died)');
    const second = await run();
    expect(second.jobs).toEqual([{ scenario: 'small', defect: null, seed: 2 }]);
    expect(second.problems).toEqual([]);
  });

  it('raises an alarm for what is healthy and fails, with its seed and its objectives', async () => {
    const { markdown, problems } = await run({
      result: (job) => {
        if (job.defect === 'D1' || job.seed !== 2) return expected(job);
        return job.defect === null
          ? { ...expected(job), outcome: 'fail', failed: ['drained', 'correctness'] }
          : { ...expected(job), outcome: 'inconclusive' };
      },
    });
    expect(markdown).toContain('- small, seed 2: fail (drained; correctness)');
    // A healthy twin may be too close to its limit for a pass.
    expect(markdown).not.toContain('with T1');
    expect(problems).toEqual(['small: 1 of 3 healthy runs: fail.']);
  });

  it('takes a defect for caught only when the named objective fails in an experiment that held', async () => {
    const { markdown, problems } = await run({
      result: (job) => {
        if (job.defect !== 'D1') return expected(job);
        return job.seed === 1
          ? { ...expected(job), failed: ['drained'] }
          : { ...expected(job), outcome: 'invalid', invalidReasons: ['no traffic'] };
      },
    });
    expect(markdown).toContain('| small | all | D1 | 2 | 0 | 1 | 0 | 1 | 0 | availability | 0 % (0 % to 65.8 %) |');
    expect(problems).toEqual(['small with D1: caught in 0 of 2 runs, less than 95 %.']);
  });

  it('compares two processes where it is run twice', async () => {
    const once = await run();
    expect(once.jobs.length).toBe(7);
    const same = await run({ twice: true });
    expect(same.jobs.length).toBe(7);
    expect(same.problems).toEqual([]);
    rmSync(file);
    const other = (job: SeedJob, round: number): SeedResult =>
      round === 2 && job.defect === 'D1' && job.seed === 2 ? { ...expected(job), hash: 'another' } : expected(job);
    expect((await run({ twice: true, result: other })).problems).toEqual([
      'small with D1, seed 2: two processes gave two event logs.',
    ]);
  });
});

describe('the hash of the code that decides', () => {
  it('changes with its files and their names, and with nothing else', () => {
    for (const name of ['harness/kit', 'fakes', 'scenarios', 'docs'])
      mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['gameday.config.ts', 'package-lock.json', 'harness/kit/clock.ts'])
      writeFileSync(join(folder, name), 'text');
    const before = codeHash(folder);
    writeFileSync(join(folder, 'docs', 'page.md'), 'text');
    expect(codeHash(folder)).toBe(before);
    writeFileSync(join(folder, 'harness', 'kit', 'clock.ts'), 'other');
    const changed = codeHash(folder);
    expect(changed).not.toBe(before);
    writeFileSync(join(folder, 'fakes', 'new.ts'), '');
    expect(codeHash(folder)).not.toBe(changed);
  });
});

describe('the published table', () => {
  it('stands between its markers, and replaces the one before it', () => {
    const place = { name: 'table', heading: 'Table' };
    const [begin, end] = markersOf('table');
    const once = published('# Page\n', place, 'one');
    expect(once).toBe(`# Page\n\n## Table\n\n${begin}\n\none\n\n${end}\n`);
    expect(published(once, place, 'two')).toBe(once.replace('one', 'two'));
  });
});
