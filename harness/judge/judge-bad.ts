import type { Sample } from '../observe/observations.ts';
import { isGood } from './outcomes.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { judgeShare, type ShareJudgement } from './statistics/judge-share.ts';
import type { Window } from './windows.ts';

/** The share of samples that are bad (by default: not good), held against a budget: the highest share that is allowed. */
export function judgeBad(
  samples: readonly Sample[],
  against: { readonly windows: readonly Window[]; readonly budget: number },
  isBad: (sample: Sample) => boolean = (sample) => !isGood(sample),
): ShareJudgement {
  const events = samples.map((sample) => ({ atMs: sample.dueMs, bad: isBad(sample) }));
  return judgeShare({
    bad: events.filter((event) => event.bad).length,
    count: events.length,
    // 1 - 0.99 is a hair above 0.01 in floating point.
    budget: Number(against.budget.toFixed(12)),
    effectiveFraction: effectiveFraction(events, against.windows),
  });
}
