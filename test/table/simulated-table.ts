import { describe, expect, it } from 'vitest';
import { config } from '../../gameday.config.ts';
import { simulate, type SimulatedRun } from '../../harness/simulate.ts';
import { library } from '../../scenarios/index.ts';
import { cells, checkCell, type Cell } from './cells.ts';

/** Two minutes of virtual time take some ten seconds; on a slow machine whose cores are shared, more than a minute was seen. */
const limitMs = 300_000;

/** Tests for the cells of one scenario, in the simulated world, with each of the seeds. */
export function simulatedTable(scenario: string, seeds: readonly number[]): void {
  describe(`${scenario} in virtual time: every defect is caught by the objective that is named, and what is healthy passes`, () => {
    const wanted = cells.filter((cell) => cell.scenario === scenario);
    it.each(seeds.flatMap((seed) => wanted.map((cell) => ({ ...cell, seed, with: cell.defect ?? 'no defect' }))))(
      'seed $seed, $with: $title',
      { timeout: limitMs },
      async ({ seed, ...cell }) => {
        const run = await simulateCell(cell, seed);
        checkCell(cell, run.record);
        checkWhole(run);
      },
    );
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
