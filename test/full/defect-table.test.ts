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

/** By scenario and defect, the verdict in the simulated world. */
const simulated = new Map<string, string>();

describe('in virtual time every defect is caught by the objective that the catalogue names, and what is healthy passes', () => {
  // These need no quiet machine, so they share it.
  it.concurrent.each(cells)('$scenario, $defect: $title', async (cell) => {
    const twin = await runScenario(cell.scenario, { ...optionsOf(cell), world: 'simulated' });
    simulated.set(`${cell.scenario} ${cell.defect}`, twin.run.record.verdict.outcome);
    checkCell(cell, twin);
  });
});

describe('in real time every defect is caught by the objective that the catalogue names, and what is healthy passes', () => {
  it.each(cells)('$scenario, $defect: $title', async (cell) => {
    const { run, output } = await runScenario(cell.scenario, optionsOf(cell));
    const failed = failedObjectives(run);
    const twin = simulated.get(`${cell.scenario} ${cell.defect}`) ?? 'none';
    rows.push({ ...cell, outcome: run.record.verdict.outcome, failed, simulated: twin });
    checkCell(cell, { run, output });
  });
});

function optionsOf({ defect }: Cell): { seed: number; defect?: string } {
  return { seed: 11, ...(defect === 'none' ? {} : { defect }) };
}

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
