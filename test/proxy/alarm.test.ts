import { expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Alarm } from '../../harness/proxy/toxics/alarm.ts';

// That no timer fires too soon is the clock's promise: see test/kit/clock.test.ts.

it('an alarm rings once, in the first whole millisecond of waiting in which its time has come, and is set no more then', async () => {
  const clock = new VirtualClock();
  const alarm = new Alarm(clock);
  const atMs = clock.now() + 79.5;
  const rangMs: number[] = [];
  alarm.set(atMs, () => rangMs.push(clock.now()));
  await clock.advance(79.4);
  expect([rangMs, alarm.isSet]).toEqual([[], true]);
  await clock.advance(2);
  expect(rangMs).toEqual([atMs + 0.5]);
  expect([alarm.isSet, clock.pending]).toEqual([false, 0]);
});
