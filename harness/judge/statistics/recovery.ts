import type { TimedEvent } from './effective-fraction.ts';
import { toFail, toPass } from './confidence.ts';
import { wilsonLower, type Count } from './wilson.ts';

/**
 * `reached`: the start of the first good hold window after which nothing went surely wrong again, as a duration after `fromMs`.
 * `censored`: not until the horizon. `relapsedMs` is the start of the first good hold window where that was not the last word, else null.
 */
export type Recovery = { readonly relapsedMs: number | null } & (
  { readonly kind: 'reached'; readonly afterMs: number } | { readonly kind: 'censored'; readonly horizonMs: number }
);

const stepMs = 1000;
const subWindowMs = 5000;

/**
 * When a service was good again, by the pooled hold-window rule ("rule C"): the smallest t such that over [t, t + hold) the pooled bad
 * share is at most `budget`, no 5-second stretch from t to the horizon is surely above it (Wilson, 99 %), and the first second is not
 * surely above it (95 %).
 * Events count by when they were due, not by when they ended. Resolution: one second.
 */
export function recoveryTime(
  events: readonly TimedEvent[],
  settings: { fromMs: number; toMs: number; holdMs: number; budget: number },
): Recovery {
  const { fromMs, toMs, holdMs, budget } = settings;
  const seconds = countsBySecond(events, fromMs, toMs);
  const perHold = Math.max(1, Math.round(holdMs / stepMs));
  const lastBad = badStretches(seconds, budget).at(-1) ?? -1;
  let relapsedMs: number | null = null;
  for (let start = 0; start + perHold <= seconds.length; start++) {
    if (!holds(seconds.slice(start, start + perHold), budget)) continue;
    if (start > lastBad) return { kind: 'reached', afterMs: start * stepMs, relapsedMs };
    relapsedMs ??= start * stepMs;
  }
  return { kind: 'censored', horizonMs: toMs - fromMs, relapsedMs };
}

/** Where stretches of 5 seconds begin in which surely too much was bad. */
function badStretches(seconds: readonly Count[], budget: number): readonly number[] {
  const length = Math.min(seconds.length, subWindowMs / stepMs);
  return Array.from({ length: seconds.length - length + 1 }, (_, start) => start).filter(
    (start) => wilsonLower(sum(seconds.slice(start, start + length)), toFail.z) > budget,
  );
}

function holds(seconds: readonly Count[], budget: number): boolean {
  const pooled = sum(seconds);
  if (pooled.count === 0 || pooled.bad / pooled.count > budget) return false;
  if (wilsonLower(seconds[0] ?? pooled, toPass.z) > budget) return false;
  return badStretches(seconds, budget).length === 0;
}

/** Whole seconds only: a last piece of a second would be judged on a handful of events. */
function countsBySecond(events: readonly TimedEvent[], fromMs: number, toMs: number): readonly Count[] {
  const counts = Array.from({ length: Math.floor((toMs - fromMs + 1e-6) / stepMs) }, () => ({ bad: 0, count: 0 }));
  for (const { atMs, bad } of events) {
    const second = atMs < fromMs ? undefined : counts[Math.floor((atMs - fromMs) / stepMs)];
    if (!second) continue;
    second.count += 1;
    if (bad) second.bad += 1;
  }
  return counts;
}

function sum(counts: readonly Count[]): Count {
  return counts.reduce((total, { bad, count }) => ({ bad: total.bad + bad, count: total.count + count }), {
    bad: 0,
    count: 0,
  });
}
