import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clopperPearsonLower, clopperPearsonUpper } from '../../../harness/judge/statistics/clopper-pearson.ts';
import { toFail, toPass } from '../../../harness/judge/statistics/confidence.ts';
import { wilsonLower, wilsonUpper } from '../../../harness/judge/statistics/wilson.ts';

describe('Wilson bounds', () => {
  it('agree with published values', () => {
    // Newcombe (1998), method 3, 95 % two-sided: 81 of 263 and 15 of 148.
    expect(wilsonLower({ bad: 81, count: 263 }, 1.959964)).toBeCloseTo(0.2553, 4);
    expect(wilsonUpper({ bad: 81, count: 263 }, 1.959964)).toBeCloseTo(0.3662, 4);
    expect(wilsonLower({ bad: 15, count: 148 }, 1.959964)).toBeCloseTo(0.0624, 4);
    expect(wilsonUpper({ bad: 15, count: 148 }, 1.959964)).toBeCloseTo(0.1605, 4);
  });

  it('say nothing where nothing was seen', () => {
    expect(wilsonLower({ bad: 0, count: 0 }, toFail.z)).toBe(0);
    expect(wilsonUpper({ bad: 0, count: 0 }, toPass.z)).toBe(1);
  });
});

describe('Clopper-Pearson bounds', () => {
  it('agree with published values', () => {
    // Newcombe (1998), method 5, 95 % two-sided.
    expect(clopperPearsonLower({ bad: 81, count: 263 }, 0.025)).toBeCloseTo(0.2527, 4);
    expect(clopperPearsonUpper({ bad: 81, count: 263 }, 0.025)).toBeCloseTo(0.3676, 4);
    expect(clopperPearsonLower({ bad: 1, count: 29 }, 0.025)).toBeCloseTo(0.0009, 4);
    expect(clopperPearsonUpper({ bad: 1, count: 29 }, 0.025)).toBeCloseTo(0.1776, 4);
  });

  it.each([
    [0.1, 29, 44],
    [0.05, 59, 90],
    [0.01, 299, 459],
    [0.005, 598, 919],
    [0.001, 2995, 4603],
  ])('prove that less than %f is bad from %i events at 95 % and from %i at 99 %', (share, at95, at99) => {
    expect(clopperPearsonUpper({ bad: 0, count: at95 }, 0.05)).toBeLessThanOrEqual(share);
    expect(clopperPearsonUpper({ bad: 0, count: at95 - 1 }, 0.05)).toBeGreaterThan(share);
    expect(clopperPearsonUpper({ bad: 0, count: at99 }, 0.01)).toBeLessThanOrEqual(share);
    expect(clopperPearsonUpper({ bad: 0, count: at99 - 1 }, 0.01)).toBeGreaterThan(share);
  });

  it('are finite where all or none are bad', () => {
    expect(clopperPearsonUpper({ bad: 10, count: 10 }, 0.05)).toBe(1);
    expect(clopperPearsonLower({ bad: 10, count: 10 }, 0.01)).toBeCloseTo(0.01 ** 0.1, 10);
    expect(clopperPearsonLower({ bad: 0, count: 10 }, 0.01)).toBe(0);
  });
});

it('both put the share that was seen between their bounds', () => {
  const counts = fc
    .integer({ min: 1, max: 5000 })
    .chain((count) => fc.record({ count: fc.constant(count), bad: fc.integer({ min: 0, max: count }) }));
  fc.assert(
    fc.property(counts, (events) => {
      const share = events.bad / events.count;
      expect(wilsonLower(events, toFail.z)).toBeLessThanOrEqual(share + 1e-12);
      expect(wilsonUpper(events, toPass.z)).toBeGreaterThanOrEqual(share - 1e-12);
      expect(clopperPearsonLower(events, toFail.alpha)).toBeLessThanOrEqual(share + 1e-12);
      expect(clopperPearsonUpper(events, toPass.alpha)).toBeGreaterThanOrEqual(share - 1e-12);
    }),
  );
});
