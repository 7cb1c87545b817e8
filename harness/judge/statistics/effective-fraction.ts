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

/**
 * The part of the events that counts as independent, from the lag-1 autocorrelation r of the bad share by second: (1 - r)/(1 + r).
 * Only a correlation that stands out from noise (one-sided 95 %) counts; anything less is 1.
 */
export function effectiveFraction(events: readonly TimedEvent[], windows: readonly Window[]): number {
  const series = windows.map((window) => sharesBySecond(events, window));
  const seen = series.flat().filter((share) => share !== null);
  if (seen.length < fewestBuckets) return 1;
  const mean = seen.reduce((sum, share) => sum + share, 0) / seen.length;
  const variance = seen.reduce((sum, share) => sum + (share - mean) ** 2, 0);
  if (variance === 0) return 1;
  const correlation = series.reduce((sum, shares) => sum + laggedProducts(shares, mean), 0) / variance;
  if (correlation <= 1.645 / Math.sqrt(seen.length)) return 1;
  const bounded = Math.min(correlation, strongest);
  return (1 - bounded) / (1 + bounded);
}

/** The bad share of every second of a window; null for a second without events. */
function sharesBySecond(events: readonly TimedEvent[], window: Window): (number | null)[] {
  const buckets = new Map<number, { bad: number; count: number }>();
  let last = -1;
  for (const { atMs, bad } of events) {
    if (atMs < window.fromMs || atMs >= window.toMs) continue;
    const index = Math.floor((atMs - window.fromMs) / bucketMs);
    const bucket = buckets.get(index) ?? { bad: 0, count: 0 };
    buckets.set(index, { bad: bucket.bad + (bad ? 1 : 0), count: bucket.count + 1 });
    last = Math.max(last, index);
  }
  return Array.from({ length: last + 1 }, (_, index) => {
    const bucket = buckets.get(index);
    return bucket ? bucket.bad / bucket.count : null;
  });
}

function laggedProducts(shares: readonly (number | null)[], mean: number): number {
  return shares.reduce<number>((sum, share, index) => {
    const next = shares[index + 1];
    return share === null || next === null || next === undefined ? sum : sum + (share - mean) * (next - mean);
  }, 0);
}
