import type { Sample } from '../observe/observations.ts';
import type { Evidence } from './types.ts';
import { isInside, type Window } from './windows.ts';

/** Good and inside its deadline. */
export function isGood(sample: Sample): boolean {
  return sample.outcome.kind === 'good' && sample.doneMs !== null && sample.doneMs - sample.dueMs <= sample.deadlineMs;
}

export function isShed(sample: Sample): boolean {
  return sample.outcome.kind === 'shed';
}

/** Sent, and the caller stopped waiting: it timed out, or no answer ever came. A refusal and an error are answers. */
export function gaveUp(sample: Sample): boolean {
  if (sample.sentMs === null) return false;
  if (sample.outcome.kind === 'failed' || sample.outcome.kind === 'unknown') {
    return sample.outcome.code === 'timeout' || sample.doneMs === null;
  }
  return sample.doneMs === null && sample.outcome.kind !== 'dropped';
}

/** From when it was due to its first token; infinite where none came. */
export function firstTokenLatencyMs(sample: Sample): number {
  return sample.firstTokenMs === null ? Infinity : sample.firstTokenMs - sample.dueMs;
}

/** The samples of an operation that were due inside the windows. */
export function samplesIn(
  evidence: Evidence,
  where: { operation?: string; windows: readonly Window[] },
): readonly Sample[] {
  return evidence.samples.filter(
    (sample) =>
      (where.operation === undefined || sample.operation === where.operation) && isInside(where.windows, sample.dueMs),
  );
}

/** Why a list of samples is empty, in words. */
export function noSamples(operation: string | undefined, when: string): string {
  return `No ${operation === undefined ? 'request' : `"${operation}"`} was due ${when}.`;
}
