import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { config } from '../../gameday.config.ts';
import { library } from '../../scenarios/index.ts';
import type { StoredRun } from '../../harness/run-folder.ts';
import { failedObjectives, root, runScenario } from '../scenarios/run-gameday.ts';

interface Cell {
  readonly scenario: string;
  readonly defect: string;
  readonly title: string;
  readonly caughtBy: readonly string[];
}

interface Row extends Cell {
  readonly outcome: string;
  readonly failed: readonly string[];
  /** The verdict of the same seed in the simulated world. */
  readonly simulated: string;
}

const rows: Row[] = [];
const cells: readonly Cell[] = [
  ...library.map(({ name }) => ({
    scenario: name,
    defect: 'none',
    title: 'the workload as it should be',
    caughtBy: [],
  })),
  ...(config.defects ?? []).map(({ id, title, scenario, caughtBy }) => ({ scenario, defect: id, title, caughtBy })),
];

describe('every defect is caught by the objective that the catalogue names, and what is healthy passes, in real and in virtual time', () => {
  it.each(cells)('$scenario, $defect: $title', async (cell) => {
    const options = { seed: 11, ...(cell.defect === 'none' ? {} : { defect: cell.defect }) };
    const { run, output } = await runScenario(cell.scenario, options);
    const failed = failedObjectives(run);
    const twin = await runScenario(cell.scenario, { ...options, world: 'simulated' });
    const simulated = twin.run.record.verdict.outcome;
    rows.push({ ...cell, outcome: run.record.verdict.outcome, failed, simulated });
    checkCell(cell, { run, output });
    checkCell(cell, twin);
  });
});

function checkCell(cell: Cell, { run, output }: { run: StoredRun; output: string }): void {
  const failed = failedObjectives(run);
  if (cell.defect === 'none') expect(run.record.verdict.outcome, output).toBe('pass');
  // A healthy twin may be too close to its limit for a pass; it must never fail.
  else if (cell.caughtBy.length === 0) expect(['pass', 'inconclusive'], output).toContain(run.record.verdict.outcome);
  else {
    expect(
      failed.some((name) => cell.caughtBy.includes(name)),
      `expected one of ${cell.caughtBy.join(', ')} to fail\n${output}`,
    ).toBe(true);
    // A failure by an experiment that did not hold would prove nothing.
    expect(run.record.verdict.outcome, output).toBe('fail');
  }
}

afterAll(async () => {
  const table = [
    '| scenario | defect | what is broken | verdict | simulated | failed objectives |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.scenario} | ${row.defect} | ${row.title} | ${row.outcome} | ${row.simulated} | ${row.failed.map((name) => (row.caughtBy.includes(name) ? `**${name}**` : name)).join(', ')} |`,
    ),
  ].join('\n');
  console.log(`\n${table}\n`);
  await mkdir(join(root, '.gameday'), { recursive: true });
  await writeFile(join(root, '.gameday', 'defect-table.md'), `${table}\n`);
});
