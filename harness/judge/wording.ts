import { formatDuration } from '../kit/durations.ts';
import type { Figure } from '../record.ts';
import type { ShareJudgement } from './statistics/judge-share.ts';
import { lengthMs, type Window } from './windows.ts';

/** A share as a person reads it: `99.25 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** A latency in whole milliseconds; `never` for one that was not answered. */
export function latency(durationMs: number): string {
  return Number.isFinite(durationMs) ? `${Math.round(durationMs)} ms` : 'never';
}

/** A number with at most two decimals. */
export function plain(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(2))) : 'never';
}

/** `1 call`, `3 calls`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

export function figure(name: string, value: number | null, unit: string, limit?: number): Figure {
  const shown = value === null || !Number.isFinite(value) ? null : value;
  return { name, value: shown, unit, ...(limit === undefined || !Number.isFinite(limit) ? {} : { limit }) };
}

/** What an inconclusive share would need to be decided, in samples and in time at the rate that was seen. */
export function samplesHint(judged: ShareJudgement, windows: readonly Window[]): string {
  if (judged.neededCount === null) {
    return 'That is too close to the limit to tell; more samples are needed to decide.';
  }
  return timeHint(judged.neededCount, judged.count, windows);
}

/** `A pass needs about 598: 12 s at 50 per second.` */
export function timeHint(needed: number, seen: number, windows: readonly Window[]): string {
  const perSecond = (seen * 1000) / lengthMs(windows);
  if (!Number.isFinite(perSecond) || perSecond <= 0) return `A pass needs about ${needed}.`;
  return `A pass needs about ${needed}: ${formatDuration((needed / perSecond) * 1000)} at ${plain(perSecond)} per second.`;
}
