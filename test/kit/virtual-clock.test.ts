import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';

describe('the virtual clock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new VirtualClock(1000);
    let fired = 0;
    clock.setTimer(() => fired++, 10);
    await clock.advance(9);
    expect([clock.now(), fired]).toEqual([1009, 0]);
    await clock.advance(1);
    expect([clock.now(), fired]).toEqual([1010, 1]);
  });

  it('fires timers in the order of their times, and equal times in the order they were set', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimer(() => order.push('late'), 20);
    clock.setTimer(() => order.push('first of two'), 10);
    clock.setTimer(() => order.push('second of two'), 10);
    clock.setTimer(() => order.push('at once'), -5);
    await clock.advance(30);
    expect(order).toEqual(['at once', 'first of two', 'second of two', 'late']);
  });

  it('does not fire a cancelled timer', async () => {
    const clock = new VirtualClock();
    const timer = clock.setTimer(() => expect.unreachable('it was cancelled'), 5);
    timer.cancel();
    timer.cancel();
    await clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it('takes no real time to sleep for a day', async () => {
    const clock = new VirtualClock();
    const day = 86_400_000;
    await clock.run(clock.sleep(day));
    expect(clock.now()).toBe(day);
  });

  it('runs what is ready before it moves on', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const work = (async () => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep(10);
        seen.push(clock.now());
      }
    })();
    await clock.run(work);
    expect(seen).toEqual([10, 20, 30]);
  });

  it('rejects a sleep that is aborted', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const sleeping = clock.sleep(1000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  it('says so when nothing can settle the work', async () => {
    const clock = new VirtualClock();
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow('Virtual time stands still');
  });
});
