import { describe, expect, it } from 'vitest';
import type { TimedEvent } from '../../../harness/judge/statistics/effective-fraction.ts';
import { drainFormulaMs, recoveryFormulaMs } from '../../../harness/judge/statistics/formulas.ts';
import { quantileOf, sorted } from '../../../harness/judge/statistics/quantile.ts';
import { recoveryTime } from '../../../harness/judge/statistics/recovery.ts';
import { seededRandom, type Random } from '../../../harness/kit/random.ts';

const window = { fromMs: 0, toMs: 90_000, holdMs: 30_000, budget: 0.01 };

/** Poisson arrivals at 50 per second, bad with the chance that `badShare` gives for their time. */
function arrivals(random: Random, badShare: (atMs: number) => number, perSecond = 50): TimedEvent[] {
  const events: TimedEvent[] = [];
  for (let atMs = 0; atMs < window.toMs; atMs += random.exponential(perSecond / 1000)) {
    events.push({ atMs, bad: random.next() < badShare(atMs) });
  }
  return events;
}

/** When 200 seeded services with this course were found to be good again, in seconds. */
function recoveries(badShare: (atMs: number) => number): number[] {
  const random = seededRandom('recovery');
  return Array.from({ length: 200 }, () => {
    const found = recoveryTime(arrivals(random, badShare), window);
    return found.kind === 'reached' ? found.afterMs / 1000 : Infinity;
  });
}

describe('the recovery time', () => {
  it('is zero for a healthy service', () => {
    const found = sorted(recoveries(() => 0.002));
    expect(quantileOf(found, 0.5)).toBe(0);
    expect(quantileOf(found, 0.95)).toBeLessThanOrEqual(2);
  });

  it('is within two seconds of the truth in 9 of 10 runs', () => {
    const found = sorted(recoveries((atMs) => (atMs < 20_000 ? 0.8 : 0.002)));
    expect(quantileOf(found, 0.05)).toBeGreaterThanOrEqual(18);
    expect(quantileOf(found, 0.5)).toBe(20);
    expect(quantileOf(found, 0.95)).toBeLessThanOrEqual(22);
  });

  it('is not fooled by a relapse', () => {
    const relapsing = (atMs: number): number => (atMs < 10_000 || (atMs >= 16_000 && atMs < 26_000) ? 0.6 : 0.002);
    const found = sorted(recoveries(relapsing));
    expect(quantileOf(found, 0.05)).toBeGreaterThanOrEqual(24);
    expect(quantileOf(found, 0.5)).toBe(26);
    expect(quantileOf(found, 0.95)).toBeLessThanOrEqual(28);
  });

  it('is the end of the last bad stretch, even where a whole hold window was good before it', () => {
    const events = Array.from({ length: 4500 }, (_, index) => ({
      atMs: index * 20,
      bad: index * 20 >= 40_000 && index * 20 < 50_000,
    }));
    expect(recoveryTime(events, window)).toEqual({ kind: 'reached', afterMs: 50_000, relapsedMs: 0 });
    const late = events.map((event) => ({ ...event, bad: event.atMs >= 70_000 }));
    expect(recoveryTime(late, window)).toEqual({ kind: 'censored', horizonMs: 90_000, relapsedMs: 0 });
  });

  it('is beyond the horizon for a service that stays bad', () => {
    const events = arrivals(seededRandom(1), () => 0.1);
    expect(recoveryTime(events, window)).toEqual({ kind: 'censored', horizonMs: 90_000, relapsedMs: null });
  });

  it('is beyond the horizon where there was nothing to see', () => {
    expect(recoveryTime([], window)).toEqual({ kind: 'censored', horizonMs: 90_000, relapsedMs: null });
  });

  it('is not found in what is left after the last full hold window', () => {
    const events = arrivals(seededRandom(2), (atMs) => (atMs < 62_000 ? 1 : 0));
    expect(recoveryTime(events, window).kind).toBe('censored');
  });

  it('counts an operation by when it was due: one that ends late does not move it', () => {
    const events = Array.from({ length: 4500 }, (_, index) => ({ atMs: index * 20, bad: index * 20 < 12_000 }));
    expect(recoveryTime(events, window)).toEqual({ kind: 'reached', afterMs: 12_000, relapsedMs: null });
  });
});

describe('the formula of recovery', () => {
  it.each([
    [0.5, 0, 18_000],
    [0.8, 0, 75_000],
    [0.3, 1, 27_500],
    [0.4, 1, 75_000],
    [0.45, 1, 170_000],
    [0.3, 2, 170_000],
    [0.55, 1, Infinity],
    [0.4, 2, Infinity],
    [0.3, 3, Infinity],
    [0.7, 3, Infinity],
  ])('for ρ = %f and R = %i gives %d ms after 20 s with a timeout of 1 s', (utilisation, retries, expected) => {
    const found = recoveryFormulaMs({ utilisation, retries, faultMs: 20_000, timeoutMs: 1000 });
    if (expected === Infinity) expect(found).toBe(Infinity);
    else expect(found).toBeCloseTo(expected, -1);
  });

  it('is zero where no attempt had timed out yet', () => {
    expect(recoveryFormulaMs({ utilisation: 0.7, retries: 0, faultMs: 1000, timeoutMs: 1000 })).toBe(0);
  });
});

describe('the formula of a drain', () => {
  it('is D (λ - μ_f) / (μ - λ)', () => {
    const feed = { faultMs: 20_000, feedPerSecond: 20, capacityPerSecond: 40 };
    expect(drainFormulaMs({ ...feed, remainingPerSecond: 4 })).toBe(16_000);
    expect(drainFormulaMs({ ...feed, remainingPerSecond: 20 })).toBe(0);
    expect(drainFormulaMs({ ...feed, capacityPerSecond: 20, remainingPerSecond: 4 })).toBe(Infinity);
  });
});
