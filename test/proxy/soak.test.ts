import { afterEach, beforeEach, expect, it } from 'vitest';
import { startMeasuredProxy, type ProcessBench } from './proxy-process.ts';
import { expectBackToTheStart, footprint } from './footprint.ts';
import { soak } from './soak.ts';

// The small one; `npm run test:full` lets 10,000 connections through.

let bench: ProcessBench;
beforeEach(async () => {
  bench = await startMeasuredProxy();
});
afterEach(() => bench.cleanup.stop());

it('hands 300 connections only what is theirs while toxics of every type come, change and go, and is then as before', async () => {
  const before = await footprint(bench);
  const result = await soak(bench, { name: 'small', total: 300, atATime: 100, seed: 7, pauseMs: 50 });
  expect(result.wrong).toEqual([]);
  expect(result.connections).toBeGreaterThanOrEqual(300);
  expect(result.mostOpen).toBeGreaterThanOrEqual(100);
  expect(result.whole).toBeGreaterThan(100);
  expect(result.wholeAnswers).toBeGreaterThan(10);
  expect(result.wholeThroughTls).toBeGreaterThan(2);
  // So few connections cannot be told from code that is compiled meanwhile: the large one looks at memory closely.
  await expectBackToTheStart(bench, before, 40);
}, 120_000);
