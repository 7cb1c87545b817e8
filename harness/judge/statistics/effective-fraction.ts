import type { Window } from '../windows.ts';

/** One event of a ratio: when it was due and whether it was bad. */
export interface TimedEvent {
  readonly atMs: number;
  readonly bad: boolean;
}

const bucketMs = 1000;
const fewestBuckets = 10;
/** Above this the estimate says little more than "nearly everything hangs together". */
const strongest = 0.95;

/** One second of a window. */
interface Bucket {
  readonly count: number;
  readonly share: number;
}

/**
 * The part of the events that counts as independent, from the lag-1 autocorrelation r of the bad share by second: (1 - r)/(1 + r). Only
 * where errors come in stretches: the shares vary more than those of independent events would, and are correlated more than by chance
 * (both one-sided 95 %). Anything less is 1.
 */
export function effectiveFraction(events: readonly TimedEvent[], windows: readonly Window[]): number {
  const series = windows.map((window) => bucketsOf(events, window));
  const seen = series.flat().filter((bucket) => bucket !== null);
  const count = seen.reduce((sum, bucket) => sum + bucket.count, 0);
  const mean = seen.reduce((sum, bucket) => sum + bucket.share * bucket.count, 0) / count;
  if (seen.length < fewestBuckets || mean === 0 || mean === 1) return 1;
  if (!isOverdispersed(seen, mean)) return 1;
  const variance = seen.reduce((sum, bucket) => sum + (bucket.share - mean) ** 2, 0);
  const correlation = series.reduce((sum, buckets) => sum + laggedProducts(buckets, mean), 0) / variance;
  if (correlation <= 1.645 / Math.sqrt(seen.length)) return 1;
  const bounded = Math.min(correlation, strongest);
  return (1 - bounded) / (1 + bounded);
}

/** Pearson's dispersion test, with the normal approximation of chi-square: mean 1, variance 2 ÷ degrees of freedom. */
function isOverdispersed(buckets: readonly Bucket[], mean: number): boolean {
  const freedom = buckets.length - 1;
  const chiSquare = buckets.reduce(
    (sum, { count, share }) => sum + (count * (share - mean) ** 2) / (mean * (1 - mean)),
    0,
  );
  return chiSquare / freedom > 1 + 1.645 * Math.sqrt(2 / freedom);
}

/** The bad share of every second of a window; null for a second without events. */
function bucketsOf(events: readonly TimedEvent[], window: Window): readonly (Bucket | null)[] {
  const counts = new Map<number, { bad: number; count: number }>();
  let last = -1;
  for (const { atMs, bad } of events) {
    if (atMs < window.fromMs || atMs >= window.toMs) continue;
    const index = Math.floor((atMs - window.fromMs) / bucketMs);
    const counted = counts.get(index) ?? { bad: 0, count: 0 };
    counts.set(index, { bad: counted.bad + (bad ? 1 : 0), count: counted.count + 1 });
    last = Math.max(last, index);
  }
  return Array.from({ length: last + 1 }, (_, index) => {
    const counted = counts.get(index);
    return counted ? { count: counted.count, share: counted.bad / counted.count } : null;
  });
}

function laggedProducts(buckets: readonly (Bucket | null)[], mean: number): number {
  return buckets.reduce((sum, bucket, index) => {
    const next = buckets[index + 1];
    return bucket && next ? sum + (bucket.share - mean) * (next.share - mean) : sum;
  }, 0);
}
