/** Ranks (from 1) of the ordered sample between which a quantile lies; null where the sample is too small to have one. */
export interface QuantileRanks {
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * Distribution-free confidence bounds for a quantile, from the binomial count of values below it: each bound holds with its own
 * one-sided 1 - alpha. For n = 1,000 and the 99th percentile at 95 % they are the 985th and the 996th value.
 */
export function quantileRanks(settings: {
  count: number;
  quantile: number;
  lowerAlpha: number;
  upperAlpha: number;
}): QuantileRanks {
  const { count, quantile, lowerAlpha, upperAlpha } = settings;
  let lower: number | null = null;
  let upper: number | null = null;
  let logTerm = count * Math.log1p(-quantile);
  const logOdds = Math.log(quantile) - Math.log1p(-quantile);
  let cumulative = 0;
  for (let below = 0; below < count; below++) {
    cumulative += Math.exp(logTerm);
    // `cumulative` is now P(at most `below` values lie under the quantile), which is P(the value of rank `below` + 1 lies above it).
    if (cumulative <= lowerAlpha) lower = below + 1;
    if (cumulative >= 1 - upperAlpha) {
      upper = below + 1;
      break;
    }
    logTerm += Math.log((count - below) / (below + 1)) + logOdds;
  }
  return { lower, upper };
}
