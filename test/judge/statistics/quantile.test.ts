import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantileRanks } from '../../../harness/judge/statistics/order-statistics.ts';
import {
  coefficientOfVariation,
  countForUpperBound,
  quantileBounds,
  quantileOf,
  sorted,
} from '../../../harness/judge/statistics/quantile.ts';
import { seededRandom } from '../../../harness/kit/random.ts';

const both95 = { lowerAlpha: 0.05, upperAlpha: 0.05 };
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('order-statistic bounds', () => {
  it('are the 985th and the 996th of 1,000 values, and the 9,883rd and the 9,917th of 10,000, for p99 at 95 %', () => {
    expect(quantileRanks({ count: 1000, quantile: 0.99, ...both95 })).toEqual({ lower: 985, upper: 996 });
    expect(quantileRanks({ count: 10_000, quantile: 0.99, ...both95 })).toEqual({ lower: 9883, upper: 9917 });
  });

  it('have an upper one for p99 from 299 values on', () => {
    expect(quantileRanks({ count: 298, quantile: 0.99, ...both95 }).upper).toBeNull();
    expect(quantileRanks({ count: 299, quantile: 0.99, ...both95 }).upper).toBe(299);
    expect(countForUpperBound(0.99, 0.05)).toBe(299);
    expect(countForUpperBound(0.95, 0.05)).toBe(59);
  });

  it('do not exist for no values', () => {
    expect(quantileBounds([], { quantile: 0.95, ...both95 })).toEqual({ value: null, lower: null, upper: null });
  });

  it('stay exact for 200,000 values', () => {
    const { lower, upper } = quantileRanks({ count: 200_000, quantile: 0.95, ...both95 });
    // The normal approximation: 190,000 -+ 1.645 x sqrt(200,000 x 0.95 x 0.05) = 160.
    expect(lower).toBeGreaterThan(189_835);
    expect(lower).toBeLessThan(189_845);
    expect(upper).toBeGreaterThan(190_155);
    expect(upper).toBeLessThan(190_165);
  });

  it('miss the true quantile in at most 1 % and 5 % of samples', () => {
    const random = seededRandom('order statistics');
    const settings = { quantile: 0.95, lowerAlpha: 0.01, upperAlpha: 0.05 };
    const trueQuantile = -Math.log(0.05);
    let above = 0;
    let below = 0;
    for (let run = 0; run < 1000; run++) {
      const values = sorted(Array.from({ length: 300 }, () => random.exponential(1)));
      const { lower, upper } = quantileBounds(values, settings);
      if (lower !== null && lower > trueQuantile) above += 1;
      if (upper !== null && upper < trueQuantile) below += 1;
    }
    expect(above).toBeLessThanOrEqual(18);
    expect(below).toBeLessThanOrEqual(67);
  });

  it('are further apart when the values hang together', () => {
    const values = oneTo(1000);
    const apart = quantileBounds(values, { quantile: 0.95, ...both95, effectiveFraction: 0.2 });
    const alone = quantileBounds(values, { quantile: 0.95, ...both95 });
    expect(apart.lower).toBeLessThan(alone.lower ?? 0);
    expect(apart.upper).toBeGreaterThan(alone.upper ?? Infinity);
  });

  it('lie in order around the value', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 400 }), (values) => {
        const { lower, value, upper } = quantileBounds(sorted(values), { quantile: 0.9, ...both95 });
        expect(lower ?? -Infinity).toBeLessThanOrEqual(value ?? -Infinity);
        expect(upper ?? Infinity).toBeGreaterThanOrEqual(value ?? Infinity);
      }),
    );
  });
});

describe('quantileOf', () => {
  it('takes the nearest rank', () => {
    expect(quantileOf(oneTo(1000), 0.95)).toBe(950);
    expect(quantileOf(oneTo(3), 0.5)).toBe(2);
    expect(quantileOf([7], 0.99)).toBe(7);
    expect(quantileOf([], 0.5)).toBeNull();
  });

  it('is infinite where it falls on something that never happened', () => {
    const values = sorted([...oneTo(94), ...Array.from({ length: 6 }, () => Infinity)]);
    expect(quantileOf(values, 0.94)).toBe(94);
    expect(quantileOf(values, 0.95)).toBe(Infinity);
  });
});

describe('coefficientOfVariation', () => {
  it('is zero for equal values and 0.577 for evenly spread ones', () => {
    expect(coefficientOfVariation([5, 5, 5])).toBe(0);
    expect(coefficientOfVariation(oneTo(10_000))).toBeCloseTo(1 / Math.sqrt(3), 3);
    expect(coefficientOfVariation([5])).toBeNull();
  });
});
