import { describe, expect, it } from 'vitest';
import { config } from '../../gameday.config.ts';
import { simulate, type SimulatedRun } from '../../harness/simulate.ts';
import { library } from '../../scenarios/index.ts';
import { keepRow, type Row } from '../../scripts/agreement/table-file.ts';
import { cells, checkCell, failedObjectives, type Cell } from './cells.ts';

/** Two minutes of virtual time take some ten seconds; on a slow machine whose cores are shared, more than a minute was seen. */
const limitMs = 300_000;

/**
 * Tests for the cells of one scenario, in the simulated world, with each of the seeds. Only what is sound leaves a row; with `known`, what has
 * one of the present code, from `npm test` in this checkout, is not run a second time: it would come to the same, byte for byte.
 */
export function simulatedTable(
  scenario: string,
  seeds: readonly number[],
  { known = [] }: { readonly known?: readonly Row[] } = {},
): void {
  describe(`${scenario} in virtual time: every defect is caught by the objective that is named, and what is healthy passes`, () => {
    const wanted = cells.filter((cell) => cell.scenario === scenario);
    const isKnown = (cell: Cell, seed: number): boolean =>
      known.some(
        (row) =>
          row.world === 'simulated' && row.scenario === scenario && row.defect === cell.defect && row.seed === seed,
      );
    const runs = seeds.flatMap((seed) =>
      wanted
        .filter((cell) => !isKnown(cell, seed))
        .map((cell) => ({ ...cell, seed, with: cell.defect ?? 'no defect' })),
    );
    it.each(runs)('seed $seed, $with: $title', { timeout: limitMs }, async ({ seed, ...cell }) => {
      const run = await simulateCell(cell, seed);
      checkCell(cell, run.record);
      checkWhole(run);
      const { outcome } = run.record.verdict;
      const row = { scenario, defect: cell.defect, seed, outcome, failed: [...failedObjectives(run.record)] };
      keepRow({ ...row, world: 'simulated', store: 'Qdrant' });
    });
  });
}

function simulateCell({ scenario, defect }: Cell, seed: number): Promise<SimulatedRun> {
  const found = library.find(({ name }) => name === scenario);
  if (!found) throw new Error(`There is no scenario ${scenario}.`);
  return simulate(found, { target: config, seed, defect });
}

/** As much as in real time, and everything that goes with it. */
function checkWhole({ record, samples, calls }: SimulatedRun): void {
  expect(record.run.world).toBe('simulated');
  expect(record.notes).toEqual([]);
  expect(samples.length).toBeGreaterThan(5000);
  expect(calls.filter((call) => call.outcome === 'unexpected')).toEqual([]);
  expect(record.telemetry.some((series) => series.source === 'target' && series.points.length > 60)).toBe(true);
}
