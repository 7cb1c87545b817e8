import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import type { Count } from './wilson.ts';

/** The exact (Clopper-Pearson) one-sided lower bound of the share of bad events: it covers at least 1 - alpha for every true share. */
export function clopperPearsonLower({ bad, count }: Count, alpha: number): number {
  if (bad <= 0 || count <= 0) return 0;
  if (bad >= count) return Math.pow(alpha, 1 / count);
  return betaQuantile(alpha, bad, count - bad + 1);
}

/** The exact (Clopper-Pearson) one-sided upper bound of the share of bad events. */
export function clopperPearsonUpper({ bad, count }: Count, alpha: number): number {
  if (bad >= count || count <= 0) return 1;
  if (bad <= 0) return 1 - Math.pow(alpha, 1 / count);
  return betaQuantile(1 - alpha, bad + 1, count - bad);
}
