import { afterAll, describe, expect, it } from 'vitest';
import { agreementOf } from '../../scripts/agreement/agreement.ts';
import { keepRow, keptRows } from '../../scripts/agreement/table-file.ts';
import { cells, checkCell, failedObjectives, realTimeCells } from '../table/cells.ts';
import { runScenario } from '../table/run-gameday.ts';

const seed = 11;

/**
 * Each cell on the stand-in for Qdrant, which is what the simulated world has, so that nothing but the world differs. What is sound runs on
 * PostgreSQL, too; with GAMEDAY_BOTH_STORES everything does.
 */
const stores = { PostgreSQL: false, Qdrant: true } as const;
const onBoth = Boolean(process.env['GAMEDAY_BOTH_STORES']);
const runs = realTimeCells.flatMap((cell) =>
  (Object.keys(stores) as (keyof typeof stores)[])
    .filter((store) => onBoth || cell.defect === null || store === 'Qdrant')
    .map((store) => ({ ...cell, store, with: cell.defect ?? 'no defect' })),
);

describe('in real time every defect is caught by the objective that is named, and what is healthy passes', () => {
  it.each(runs)('$scenario on $store, $with: $title', async ({ store, ...cell }) => {
    const { run, code } = await runScenario(cell.scenario, {
      ...{ seed, standIns: stores[store] },
      ...(cell.defect === null ? {} : { defect: cell.defect }),
    });
    const { outcome } = run.record.verdict;
    const { scenario, defect } = cell;
    keepRow({ world: 'local', store, scenario, defect, seed, outcome, failed: [...failedObjectives(run.record)] });
    checkCell(cell, run.record);
    if (cell.caughtBy.length > 0) expect(code).toBe(1);
    else if (cell.defect === null) expect(code).toBe(0);
  });
});

describe('the worlds', () => {
  it('come to the same verdict in every cell that both have run', () => {
    const rows = keptRows();
    const both = realTimeCells.filter(({ scenario, defect }) =>
      (['local', 'simulated'] as const).every((world) =>
        rows.some(
          (row) => row.world === world && row.scenario === scenario && row.defect === defect && row.seed === seed,
        ),
      ),
    );
    // `npm test` is what runs them in the simulated world. Where both are run, as in CI, all of them are compared.
    if (process.env['GAMEDAY_NO_SKIPS']) expect(both.length).toBe(realTimeCells.length);
    expect(both.length, 'cells that the simulated world has run with this code: run `npm test` before').toBeGreaterThan(
      0,
    );
    expect(agreementOf(both, rows, seed).problems).toEqual([]);
  });
});

afterAll(() => console.log(`\n${agreementOf(cells, keptRows(), seed).markdown}\n`));
