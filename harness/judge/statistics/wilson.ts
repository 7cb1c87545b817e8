/** A count of bad events among all events; both may be fractions where they stand for an effective sample. */
export interface Count {
  readonly bad: number;
  readonly count: number;
}

/** The one-sided lower bound of Wilson's score interval for the share of bad events; 0 where there is none. */
export function wilsonLower({ bad, count }: Count, z: number): number {
  if (count <= 0) return 0;
  const { centre, half } = score(bad / count, count, z);
  return Math.max(0, centre - half);
}

/** The one-sided upper bound of Wilson's score interval for the share of bad events; 1 where nothing was seen. */
export function wilsonUpper({ bad, count }: Count, z: number): number {
  if (count <= 0) return 1;
  const { centre, half } = score(bad / count, count, z);
  return Math.min(1, centre + half);
}

/** Wilson (1927): centre and half width, both already divided by 1 + z²/n. */
function score(share: number, count: number, z: number): { centre: number; half: number } {
  const square = (z * z) / count;
  const spread = z * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  return { centre: (share + square / 2) / (1 + square), half: spread / (1 + square) };
}
