import { describe, expect, it } from 'vitest';
import { createRateLearner, type RateLearner } from '../../../../fakes/workload/source/rate-learner.ts';

/** Sends at the learner's rate against a bucket that fills at `quota`, pausing 1 s when refused. Returns the rates learnt. */
function ratesLearnt(learner: RateLearner, quota: number, refusals: number): number[] {
  const rates: number[] = [];
  let tokens = 0;
  let nowMs = 0;
  while (rates.length < refusals) {
    const gapMs = 1000 / learner.ratePerSecond;
    nowMs += gapMs;
    tokens += (quota * gapMs) / 1000;
    if (tokens >= 1) {
      tokens -= 1;
      learner.succeeded(nowMs, true);
      continue;
    }
    learner.refused(nowMs);
    rates.push(learner.ratePerSecond);
    nowMs += 1000;
    tokens += quota;
  }
  return rates;
}

describe('createRateLearner', () => {
  it('halves the rate at the first refusal', () => {
    const learner = createRateLearner(0);
    const before = learner.ratePerSecond;
    learner.refused(1000);
    expect(learner.ratePerSecond).toBe(before / 2);
  });

  it('finds the quota from what got through between two refusals', () => {
    const rates = ratesLearnt(createRateLearner(0), 4, 6).slice(2);
    for (const rate of rates) {
      expect(rate).toBeGreaterThan(3);
      expect(rate).toBeLessThanOrEqual(4);
    }
  });

  it('keeps the rate for two seconds after a pause and then doubles it every second', () => {
    const learner = createRateLearner(0);
    learner.refused(0);
    const learnt = learner.ratePerSecond;
    for (let nowMs = 1000; nowMs <= 3000; nowMs += 100) learner.succeeded(nowMs, true);
    expect(learner.ratePerSecond).toBeCloseTo(learnt, 5);
    for (let nowMs = 3100; nowMs <= 4000; nowMs += 100) learner.succeeded(nowMs, true);
    expect(learner.ratePerSecond).toBeCloseTo(2 * learnt, 1);
  });

  it('does not grow while nobody waits', () => {
    const learner = createRateLearner(0);
    const before = learner.ratePerSecond;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) learner.succeeded(nowMs, false);
    expect(learner.ratePerSecond).toBe(before);
  });

  it('is back at what was proven within two seconds after an outage', () => {
    const learner = createRateLearner(0);
    for (let nowMs = 0; nowMs < 30_000; nowMs += 45) learner.succeeded(nowMs, true);
    for (let refusal = 0; refusal < 6; refusal++) learner.refused(30_000 + refusal);
    expect(learner.ratePerSecond).toBeLessThan(4);
    learner.recovered(40_000);
    for (let nowMs = 40_000; nowMs <= 42_500; nowMs += 50) learner.succeeded(nowMs, true);
    expect(learner.ratePerSecond).toBeGreaterThan(30);
  });

  it('grows by a tenth per second beyond what was proven', () => {
    const learner = createRateLearner(0);
    learner.recovered(0);
    let nowMs = 0;
    while (learner.ratePerSecond < 20) learner.succeeded((nowMs += 50), true);
    const proven = learner.ratePerSecond;
    const untilMs = nowMs + 1000;
    while (nowMs < untilMs) learner.succeeded((nowMs += 50), true);
    expect(learner.ratePerSecond / proven).toBeCloseTo(1.1, 2);
  });
});
