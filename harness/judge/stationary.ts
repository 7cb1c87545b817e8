import type { Sample } from '../observe/observations.ts';
import { isGood, samplesIn } from './outcomes.ts';
import { toPass } from './statistics/confidence.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { quantileRanks } from './statistics/order-statistics.ts';
import { wilsonLower, wilsonUpper } from './statistics/wilson.ts';
import type { Evidence } from './types.ts';
import { windowsOf, type Window } from './windows.ts';
import { percent } from './wording.ts';

/** A latency that differs by less is the same to whoever waits for it, however sure one can be of the difference. */
const leastShift = 0.25;
const quantiles = [0.5, 0.99];

interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Why the baseline is not steady enough to compare a fault with; empty when it is. Its two halves are compared, for every interactive
 * operation: median and 99th percentile of the latency and the bad share, each by its 95 % interval. Asked at pace `full` only, where
 * each half is 30 s; a quick baseline is too short for an answer. A quantile that has no interval, for want of samples, is not compared.
 */
export function unsteadyBaseline(evidence: Evidence): readonly string[] {
  const [baseline] = windowsOf(evidence, 'baseline');
  if (evidence.record.plan.pace !== 'full' || !baseline) return [];
  const middleMs = (baseline.fromMs + baseline.toMs) / 2;
  const halves: readonly Window[] = [
    { ...baseline, toMs: middleMs },
    { ...baseline, fromMs: middleMs },
  ];
  const inBaseline = samplesIn(evidence, { windows: [baseline] }).filter((one) => one.workClass === 'interactive');
  return [...new Set(inBaseline.map((sample) => sample.operation))].flatMap((operation) => {
    const [first = [], second = []] = halves.map((window) => samplesIn(evidence, { operation, windows: [window] }));
    return compare(first, second, [baseline]).map(
      (what) => `The baseline was unstable: of "${operation}", ${what} from its first half to its second.`,
    );
  });
}

function compare(first: readonly Sample[], second: readonly Sample[], windows: readonly Window[]): string[] {
  if (first.length === 0 || second.length === 0) return [];
  const slower = quantiles.flatMap((quantile) => {
    const [before, after] = [latencyInterval(first, quantile, windows), latencyInterval(second, quantile, windows)];
    if (!before || !after || overlap(before, after) || !isShift(before.estimate, after.estimate)) return [];
    return [`p${quantile * 100} of the latency went from ${inMs(before.estimate)} to ${inMs(after.estimate)}`];
  });
  const [before, after] = [badInterval(first, windows), badInterval(second, windows)];
  if (overlap(before, after)) return slower;
  return [...slower, `the bad share went from ${percent(before.estimate)} to ${percent(after.estimate)}`];
}

/** From due to done; infinite where it was no good answer. */
function latencyMs(sample: Sample): number {
  return isGood(sample) && sample.doneMs !== null ? sample.doneMs - sample.dueMs : Infinity;
}

function latencyInterval(
  samples: readonly Sample[],
  quantile: number,
  windows: readonly Window[],
): Interval | undefined {
  const sorted = samples.map(latencyMs).sort((left, right) => left - right);
  const estimate = sorted[Math.ceil(quantile * sorted.length) - 1];
  if (estimate === undefined) return undefined;
  // Latencies hang together: what counts as independent is how the exceeding of the quantile comes in stretches.
  const events = samples.map((sample) => ({ atMs: sample.dueMs, bad: latencyMs(sample) > estimate }));
  const count = Math.floor(samples.length * effectiveFraction(events, windows));
  const ranks = quantileRanks({ count, quantile, lowerAlpha: toPass.alpha, upperAlpha: toPass.alpha });
  if (ranks.lower === null || ranks.upper === null) return undefined;
  const scale = sorted.length / count;
  const at = (rank: number): number => sorted[Math.min(sorted.length, Math.max(1, Math.round(rank * scale))) - 1] ?? 0;
  return { estimate, lower: at(ranks.lower), upper: at(ranks.upper) };
}

function badInterval(samples: readonly Sample[], windows: readonly Window[]): Interval {
  const events = samples.map((sample) => ({ atMs: sample.dueMs, bad: !isGood(sample) }));
  const fraction = effectiveFraction(events, windows);
  const bad = events.filter((event) => event.bad).length;
  const effective = { bad: bad * fraction, count: events.length * fraction };
  return {
    estimate: bad / events.length,
    lower: wilsonLower(effective, toPass.z),
    upper: wilsonUpper(effective, toPass.z),
  };
}

function overlap(one: Interval, other: Interval): boolean {
  return one.lower <= other.upper && other.lower <= one.upper;
}

function isShift(before: number, after: number): boolean {
  return Math.abs(after - before) > leastShift * Math.min(before, after);
}

function inMs(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : 'no answer';
}
