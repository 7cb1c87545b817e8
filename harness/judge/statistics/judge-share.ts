import { clopperPearsonLower, clopperPearsonUpper } from './clopper-pearson.ts';
import { toFail, toPass, type Confidence } from './confidence.ts';
import { wilsonLower, wilsonUpper, type Count } from './wilson.ts';

/** What the share of bad events says about a budget. */
export interface ShareJudgement extends Count {
  readonly outcome: 'pass' | 'fail' | 'inconclusive';
  /** Bad ÷ count; 0 where nothing was seen. */
  readonly share: number;
  /** The bounds that the outcome rests on: lower at 99 %, upper at 95 %, one-sided. */
  readonly lower: number;
  readonly upper: number;
  /** How many events at this share would be enough for a pass; null where more of the same would not give one. */
  readonly neededCount: number | null;
}

/** The largest number of events that `neededCount` looks at. */
const mostEvents = 10_000_000;

/**
 * Holds the share of bad events against a budget: fails where it is surely above, passes where it is surely within.
 * `effectiveFraction` (0 to 1, default 1) is the part of the events that counts as independent.
 */
export function judgeShare(events: Count & { budget: number; effectiveFraction?: number }): ShareJudgement {
  const { bad, count, budget } = events;
  const fraction = events.effectiveFraction ?? 1;
  const effective = { bad: bad * fraction, count: count * fraction };
  const lower = shareLower(effective, budget, toFail);
  const upper = shareUpper(effective, budget, toPass);
  const share = count === 0 ? 0 : bad / count;
  const outcome = count === 0 ? 'inconclusive' : lower > budget ? 'fail' : upper <= budget ? 'pass' : 'inconclusive';
  return { bad, count, outcome, share, lower, upper, neededCount: neededCount(share, budget, fraction) };
}

/**
 * Wilson's interval is the rule; the exact one takes over where Wilson's is too bold: fewer than 50 events, none or all of them bad, or
 * a budget that allows fewer than 5 of them.
 */
function needsExact({ bad, count }: Count, budget: number): boolean {
  return count < 50 || bad === 0 || bad === count || count * budget < 5;
}

function shareLower(events: Count, budget: number, { alpha, z }: Confidence): number {
  return needsExact(events, budget) ? clopperPearsonLower(events, alpha) : wilsonLower(events, z);
}

function shareUpper(events: Count, budget: number, { alpha, z }: Confidence): number {
  return needsExact(events, budget) ? clopperPearsonUpper(events, alpha) : wilsonUpper(events, z);
}

function neededCount(share: number, budget: number, fraction: number): number | null {
  if (share >= budget) return null;
  const passes = (count: number): boolean =>
    shareUpper({ bad: share * count * fraction, count: count * fraction }, budget, toPass) <= budget;
  let high = 1;
  while (!passes(high)) {
    if (high > mostEvents) return null;
    high *= 2;
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}
