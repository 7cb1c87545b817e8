import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectBackToTheStart, footprint } from '../proxy/footprint.ts';
import { startMeasuredProxy, type ProcessBench } from '../proxy/proxy-process.ts';
import { soak } from '../proxy/soak.ts';

let bench: ProcessBench;
beforeEach(async () => {
  bench = await startMeasuredProxy();
});
afterEach(() => bench.cleanup.stop());

it('hands 10,000 connections, 4,000 at a time, only what is theirs while toxics of every type come, change and go, and is then as before', async () => {
  // What is made once and kept, code for instance, is there after the first few hundred.
  await soak(bench, { name: 'first', total: 500, atATime: 100, seed: 1, pauseMs: 50 });
  const before = await footprint(bench);
  const result = await soak(bench, { name: 'all', total: 10_000, atATime: 4_000, seed: 7, pauseMs: 1_000 });
  expect(result.wrong).toEqual([]);
  expect(result.connections).toBeGreaterThanOrEqual(10_000);
  expect(result.mostOpen).toBeGreaterThanOrEqual(4_000);
  expect(result.whole).toBeGreaterThan(3_000);
  expect(result.refused).toBeGreaterThan(0);
  expect(result.wholeAnswers).toBeGreaterThan(500);
  expect(result.wholeThroughTls).toBeGreaterThan(200);
  expect(result.certificatesRefused).toBeGreaterThan(0);
  expect(result.typesThatAltered).toEqual(result.typesThatCount);
  // A connection that is kept is two sockets and two pipes, more than 5 KB: one in five of them would be seen.
  await expectBackToTheStart(bench, before, 10);
});
