import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../../fakes/sources/crm/token-bucket.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { startMs } from './crm-on-virtual-time.ts';

describe('a token bucket', () => {
  it('starts full with three seconds of its rate and then refuses', () => {
    const bucket = new TokenBucket(new VirtualClock(startMs), 40);
    const waits = Array.from({ length: 121 }, () => bucket.take());
    expect(waits.slice(0, 120)).toEqual(Array<number>(120).fill(0));
    expect(waits[120]).toBeCloseTo(25, 6);
  });

  it('lets through, over any length of time, what it held and its rate, and no more', async () => {
    const clock = new VirtualClock(startMs);
    const bucket = new TokenBucket(clock, 40);
    let taken = 0;
    for (let turn = 0; turn < 1000; turn++) {
      while (bucket.take() === 0) taken += 1;
      await clock.advance(13);
    }
    expect(taken).toBeGreaterThanOrEqual(638); // 3 s · 40/s + 12.987 s · 40/s = 639.5
    expect(taken).toBeLessThanOrEqual(639);
  });

  it('has a token for whoever waits exactly as long as it said', async () => {
    for (const perSecond of [0.3, 1, 3, 4, 7, 40, 333]) {
      const clock = new VirtualClock(startMs);
      const bucket = new TokenBucket(clock, perSecond);
      while (bucket.take() === 0);
      for (let turn = 0; turn < 50; turn++) {
        await clock.advance(bucket.take());
        expect(bucket.take()).toBe(0);
      }
    }
  });

  it('has none a moment earlier', async () => {
    const clock = new VirtualClock(startMs);
    const bucket = new TokenBucket(clock, 4);
    while (bucket.take() === 0);
    await clock.advance(bucket.take() - 1);
    expect(bucket.take()).toBeGreaterThan(0);
  });

  it('loses what a smaller capacity cannot hold and keeps the rest when the rate comes back', async () => {
    const clock = new VirtualClock(startMs);
    const bucket = new TokenBucket(clock, 40);
    bucket.setRate(4);
    expect(bucket.level).toBe(12);
    bucket.setRate(40);
    expect(bucket.level).toBe(12);
    await clock.advance(1000);
    expect(bucket.level).toBeCloseTo(52, 3);
  });

  it('does not fill up when the rate goes down while it is almost empty', () => {
    const bucket = new TokenBucket(new VirtualClock(startMs), 40);
    for (let n = 0; n < 118; n++) bucket.take();
    bucket.setRate(4);
    expect(bucket.level).toBe(2);
  });

  it('holds at least one token, however slow it is', () => {
    const bucket = new TokenBucket(new VirtualClock(startMs), 0.1);
    expect(bucket.take()).toBe(0);
    expect(bucket.take()).toBeCloseTo(10_000, 3);
  });
});
