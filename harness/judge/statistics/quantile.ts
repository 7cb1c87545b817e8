import { quantileRanks } from './order-statistics.ts';

/** The values in order, smallest first; infinities last. */
export function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0));
}

/** The quantile by the nearest rank: the smallest value that at least this share of the values does not exceed. Null where there is none. */
export function quantileOf(ordered: readonly number[], quantile: number): number | null {
  // Without the rounding, 0.95 x 1,000 may come out a hair above 950 and the rank one too high.
  const rank = Math.ceil(Math.round(quantile * ordered.length * 1e9) / 1e9);
  return ordered[Math.max(1, rank) - 1] ?? null;
}

export interface QuantileBounds {
  /** The quantile of the sample; Infinity where it fell on an operation that was never answered, null without values. */
  readonly value: number | null;
  /** Null where the sample is too small for a bound. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * A quantile with bounds by order statistics. `effectiveFraction` (0 to 1, default 1) is the part of the values that counts as
 * independent: the ranks are found for that many and stretched over all of them.
 */
export function quantileBounds(
  ordered: readonly number[],
  settings: { quantile: number; lowerAlpha: number; upperAlpha: number; effectiveFraction?: number },
): QuantileBounds {
  const count = ordered.length;
  const effectiveCount = Math.floor(count * (settings.effectiveFraction ?? 1));
  const ranks = quantileRanks({ ...settings, count: effectiveCount });
  const at = (rank: number | null, round: (value: number) => number): number | null =>
    rank === null ? null : (ordered[round((rank / effectiveCount) * count) - 1] ?? null);
  return {
    value: quantileOf(ordered, settings.quantile),
    lower: at(ranks.lower, (rank) => Math.max(1, Math.floor(rank + 1e-9))),
    upper: at(ranks.upper, (rank) => Math.min(count, Math.ceil(rank - 1e-9))),
  };
}

/** The smallest sample that has an upper bound for a quantile at all: 299 for the 99th percentile at 95 %. */
export function countForUpperBound(quantile: number, alpha: number): number {
  return Math.ceil(Math.log(alpha) / Math.log(quantile));
}

/** Standard deviation ÷ mean (of the sample, n - 1); null for fewer than two values or a mean of zero. */
export function coefficientOfVariation(values: readonly number[]): number | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2 || mean === 0) return null;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / mean;
}
