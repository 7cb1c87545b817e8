import { expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { createBackoff } from '../../../fakes/workload/backoff.ts';

const backoff = createBackoff(seededRandom('backoff'));
const waits = (attempt: number): number[] => Array.from({ length: 2000 }, () => backoff(attempt));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it('doubles from attempt to attempt', () => {
  expect(mean(waits(2))).toBeGreaterThan(950);
  expect(mean(waits(2))).toBeLessThan(1050);
  expect(mean(waits(3)) / mean(waits(2))).toBeCloseTo(2, 1);
});

it('spreads its waits by more than a quarter of their mean', () => {
  const values = waits(2);
  const deviation = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  expect(deviation / mean(values)).toBeGreaterThan(0.4);
});

it('never waits longer than 8 s and its spread', () => {
  expect(Math.max(...waits(30))).toBeLessThanOrEqual(8000 * 1.8);
});
