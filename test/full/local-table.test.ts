import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cells, checkCell, failedObjectives, type Cell } from '../table/cells.ts';
import { root, runScenario } from '../table/run-gameday.ts';

interface Row extends Cell {
  readonly store: string;
  readonly outcome: string;
  readonly failed: readonly string[];
}

/**
 * Each cell once. Every second one with a defect runs on the stand-in for Qdrant, as in the simulated world, the others on PostgreSQL; what
 * is sound runs on both.
 */
const stores = { PostgreSQL: false, Qdrant: true } as const;
const runs = cells.flatMap((cell, index) =>
  (Object.keys(stores) as (keyof typeof stores)[])
    .filter((_, place) => cell.defect === null || place === index % 2)
    .map((store) => ({ ...cell, store, with: cell.defect ?? 'no defect' })),
);
const rows: Row[] = [];

describe('in real time every defect is caught by the objective that is named, and what is healthy passes', () => {
  it.each(runs)('$scenario on $store, $with: $title', async ({ store, ...cell }) => {
    const { run, code } = await runScenario(cell.scenario, {
      ...{ seed: 11, standIns: stores[store] },
      ...(cell.defect === null ? {} : { defect: cell.defect }),
    });
    rows.push({ ...cell, store, outcome: run.record.verdict.outcome, failed: failedObjectives(run.record) });
    checkCell(cell, run.record);
    if (cell.caughtBy.length > 0) expect(code).toBe(1);
    else if (cell.defect === null) expect(code).toBe(0);
  });
});

afterAll(async () => {
  const table = [
    '| scenario | defect | what is broken | store | verdict | failed objectives |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.scenario} | ${row.defect ?? 'none'} | ${row.title} | ${row.store} | ${row.outcome} | ${row.failed.map((name) => (row.caughtBy.includes(name) ? `**${name}**` : name)).join(', ')} |`,
    ),
  ].join('\n');
  console.log(`\n${table}\n`);
  await mkdir(join(root, '.gameday'), { recursive: true });
  await writeFile(join(root, '.gameday', 'local-table.md'), `${table}\n`);
});
