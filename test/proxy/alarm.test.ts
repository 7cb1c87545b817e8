import { expect, it } from 'vitest';
import type { Clock } from '../../harness/kit/clock.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Alarm } from '../../harness/proxy/toxics/alarm.ts';

/** A clock whose timers fire too soon by as much as the platform's do, which count from a millisecond that has begun before. */
function hastyClock(clock: VirtualClock, earlyMs: number): Clock {
  return {
    now: () => clock.now(),
    setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs - earlyMs),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
  };
}

it.each([0, 0.02, 0.9])('an alarm never rings before its time, though timers fire %d ms too soon', async (earlyMs) => {
  const clock = new VirtualClock();
  const alarm = new Alarm(hastyClock(clock, earlyMs));
  const atMs = clock.now() + 80;
  const rangMs: number[] = [];
  alarm.set(atMs, () => rangMs.push(clock.now()));
  await clock.advance(79.99);
  expect([rangMs, alarm.isSet]).toEqual([[], true]);
  await clock.advance(2);
  expect(rangMs).toHaveLength(1);
  expect(rangMs[0]).toBeGreaterThanOrEqual(atMs);
  expect([alarm.isSet, clock.pending]).toEqual([false, 0]);
});
