import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const dayMs = 24 * 3600 * 1000;

it('waits for longer than a timer of the platform can, and can be told not to', async () => {
  const clock = systemClock();
  const fired: string[] = [];
  clock.setTimer(() => fired.push('thirty days'), 30 * dayMs);
  const cancelled = clock.setTimer(() => fired.push('never'), 30 * dayMs);
  await vi.advanceTimersByTimeAsync(29 * dayMs);
  expect(fired).toEqual([]);
  cancelled.cancel();
  await vi.advanceTimersByTimeAsync(dayMs);
  expect(fired).toEqual(['thirty days']);
});
