import { expect, test } from 'vitest';
import type { RunRecord } from '../../../harness/record.ts';
import { groupByBin, timeBins } from '../../../reports/timeline/time-bins.ts';
import { exampleRun } from '../example-run.ts';

function lasting(durationMs: number): RunRecord {
  const { record } = exampleRun('passing');
  return { ...record, receipts: [], plan: { ...record.plan, durationMs } };
}

test('cuts two minutes into seconds, and longer runs into at most 240 wider bins', () => {
  expect(timeBins(lasting(120_000))).toMatchObject({ widthMs: 1000, count: 120, endMs: 120_000 });
  expect(timeBins(lasting(240_000))).toMatchObject({ widthMs: 1000, count: 240 });
  expect(timeBins(lasting(240_001))).toMatchObject({ widthMs: 2000, count: 121, endMs: 242_000 });
  expect(timeBins(lasting(6 * 3_600_000)).count).toBeLessThanOrEqual(240);
});

test('reaches to the end of a fault that outlasted the plan', () => {
  const { record } = exampleRun('passing');
  const receipts = record.receipts.map((receipt) => ({ ...receipt, activeToMs: 125_400 }));
  expect(timeBins({ ...record, receipts }).endMs).toBe(126_000);
});

test('puts a moment into the bin that begins with it, and what lies outside into none', () => {
  const groups = groupByBin(timeBins(lasting(3000)), [-1, 0, 999, 1000, 2999, 3000], (moment) => moment);
  expect(groups).toEqual([[0, 999], [1000], [2999]]);
});
