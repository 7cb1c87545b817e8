import type { Call } from '../observe/observations.ts';
import type { Operation } from './attempts.ts';
import type { Evidence } from './types.ts';

/** Attempts sorted into operations, and how sure that is. */
export interface Operations {
  /** Only what surely belongs together is together: the fewest attempts per operation that there can have been. */
  readonly surely: readonly Operation[];
  /** Everything that may belong together is together: the most attempts per operation that there can have been. */
  readonly atMost: readonly Operation[];
  /** Failed calls after which the same request came again, and nobody can tell whether as another attempt. */
  readonly doubtful: number;
}

/** The same request this soon after a failure (and after the pause that was asked for) is another attempt. Longer than common backoffs. */
const soonMs = 5000;
/** Where more than this share of requests that went well comes again soon, the same request says nothing about a retry. */
const mostRepeated = 0.05;

/**
 * Sorts the attempts at a part, in order of arrival, into operations. After a success, the next call for the same thing is a new one.
 * Two keys: the trace, where it is the load's own or the target has been seen to keep one over several attempts; and otherwise the
 * request itself (operation, which holds a digest of the body where there is one, method and path), sent again soon after it failed.
 */
export function operationsOf(attempts: readonly Call[], evidence: Pick<Evidence, 'samples'>): Operations {
  const trusts = trustIn(attempts, evidence);
  const telling = isTelling(attempts);
  const surely = sort(attempts, trusts, (last, next) => telling && isSoonAfter(last, next));
  const atMost = sort(attempts, trusts, () => true);
  return { surely, atMost, doubtful: surely.length - atMost.length };
}

/** What to do about attempts that nobody can attribute, as a sentence; empty where there are none. */
export function doubtHint(at: string, { doubtful }: Operations): string {
  if (doubtful === 0) return '';
  return ` After ${doubtful} failed calls at ${at} the same request came again, and no trace says whether as another attempt: the target must send the same "traceparent" with every attempt at an operation.`;
}

/** A trace is trusted when the load made it, or when most requests that were soon sent again after a failure came in the same trace. */
function trustIn(attempts: readonly Call[], { samples }: Pick<Evidence, 'samples'>): (call: Call) => boolean {
  const own = new Set(samples.map((sample) => sample.id));
  let same = 0;
  let other = 0;
  for (const [last, next] of repeats(attempts)) {
    if (last.outcome === 'ok' || last.traceId === null || own.has(last.traceId) || !isSoonAfter(last, next)) continue;
    if (next.traceId === last.traceId) same += 1;
    else other += 1;
  }
  const kept = same > other;
  return ({ traceId }) => traceId !== null && (kept || own.has(traceId));
}

/** Whether the same request soon again is rare enough without a failure to mean a retry after one. */
function isTelling(attempts: readonly Call[]): boolean {
  const good = attempts.filter((call) => call.outcome === 'ok').length;
  const again = repeats(attempts).filter(([last, next]) => last.outcome === 'ok' && isSoonAfter(last, next)).length;
  return again <= mostRepeated * good;
}

/** Each call with the next one that asks for the same. */
function repeats(attempts: readonly Call[]): readonly (readonly [last: Call, next: Call])[] {
  const latest = new Map<string, Call>();
  return attempts.flatMap((next) => {
    const last = latest.get(requestOf(next));
    latest.set(requestOf(next), next);
    return last ? [[last, next] as const] : [];
  });
}

function isSoonAfter(last: Call, next: Call): boolean {
  if (last.endedMs === null || next.receivedMs < last.endedMs) return false;
  return next.receivedMs - last.endedMs <= (last.retryAfterMs ?? 0) + soonMs;
}

function requestOf(call: Call): string {
  return JSON.stringify([call.operation, call.method, call.path]);
}

/** `joins` decides about the same request in traces that nobody can trust, after a failure. */
function sort(
  attempts: readonly Call[],
  trusts: (call: Call) => boolean,
  joins: (last: Call, next: Call) => boolean,
): readonly Operation[] {
  const operations: { name: string; attempts: Call[] }[] = [];
  const open = new Map<string, { name: string; attempts: Call[] }>();
  for (const call of attempts) {
    const name = call.operation ?? '';
    const trusted = trusts(call);
    const key = trusted ? `${call.traceId ?? ''} ${name}` : requestOf(call);
    let operation = open.get(key);
    const last = operation?.attempts.at(-1);
    if (!operation || (!trusted && last && !joins(last, call))) {
      operation = { name, attempts: [] };
      open.set(key, operation);
      operations.push(operation);
    }
    operation.attempts.push(call);
    if (call.outcome === 'ok') open.delete(key);
  }
  return operations;
}
