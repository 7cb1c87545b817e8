import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';

afterEach(() => void vi.useRealTimers());

const dayMs = 24 * 3600 * 1000;

it('waits for longer than a timer of the platform can, and can be told not to', async () => {
  vi.useFakeTimers();
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

it('fires no timer early, also where others keep the loop busy', async () => {
  const clock = systemClock();
  const busy = setInterval(() => undefined, 1);
  const early: number[] = [];
  // Of the platform's own timers half are early here: that none of 200 is has no chance.
  await Promise.all(
    Array.from({ length: 20 }, async (_, line) => {
      for (let count = 0; count < 10; count++) {
        const delayMs = 1 + line * 0.7;
        const dueMs = clock.now() + delayMs;
        await clock.sleep(delayMs);
        if (clock.now() < dueMs) early.push(dueMs - clock.now());
      }
    }),
  );
  clearInterval(busy);
  expect(early).toEqual([]);
});
