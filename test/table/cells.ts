import { expect } from 'vitest';
import { config } from '../../gameday.config.ts';
import type { RunRecord } from '../../harness/record.ts';
import { library } from '../../scenarios/index.ts';

/** One scenario on the workload without a defect, or with one. */
export interface Cell {
  readonly scenario: string;
  /** Null for the workload as it should be. */
  readonly defect: string | null;
  readonly title: string;
  /** One of these has to fail; none: the run must not fail. */
  readonly caughtBy: readonly string[];
}

/** Every scenario without a defect, and each defect on the scenario that is to catch it. */
export const cells: readonly Cell[] = [
  ...library.map(({ name }) => ({ scenario: name, defect: null, title: 'the workload as it should be', caughtBy: [] })),
  ...(config.defects ?? []).map(({ id, title, scenario, caughtBy }) => ({ scenario, defect: id, title, caughtBy })),
];

/** Set for what has to be known of every change within three quarters of an hour: less of what takes longest. */
const isShort = Boolean(process.env['GAMEDAY_SHORT']);

/** Of each scenario the defect whose sign real time can hide most easily: a wait that was too short, and a queue of a few seconds. */
const telling = ['A6', 'E2'];
for (const id of telling)
  if (!cells.some(({ defect }) => defect === id)) throw new Error(`There is no defect ${id} any more: name another.`);

/** What is run in real time: all, or what is sound and one defect of each scenario. */
export const realTimeCells: readonly Cell[] = cells.filter(
  ({ defect }) => !isShort || defect === null || telling.includes(defect),
);

/** What the table is run with, beside the seed of the table of every change. */
export const furtherSeeds: readonly number[] = isShort ? [1, 2] : [1, 2, 3, 4];

/** Holds a verdict against what the catalogue of defects says of it. */
export function checkCell(cell: Cell, record: RunRecord): void {
  const { verdict } = record;
  const seen = [
    record.run.command,
    ...verdict.invalidReasons,
    ...verdict.objectives.map(({ name, outcome, finding }) => `${name}: ${outcome}: ${finding}`),
  ].join('\n');
  if (cell.defect === null) expect(verdict.outcome, seen).toBe('pass');
  // A healthy twin may be too close to its limit for a pass; it must never fail.
  else if (cell.caughtBy.length === 0) expect(['pass', 'inconclusive'], seen).toContain(verdict.outcome);
  else {
    expect(
      failedObjectives(record).some((name) => cell.caughtBy.includes(name)),
      `expected one of ${cell.caughtBy.join(', ')} to fail\n${seen}`,
    ).toBe(true);
    // A failure by an experiment that did not hold would prove nothing.
    expect(verdict.outcome, seen).toBe('fail');
  }
}

/** The objectives of a run that failed. */
export function failedObjectives({ verdict }: RunRecord): readonly string[] {
  return verdict.objectives.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name);
}
