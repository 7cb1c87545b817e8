import type { Call } from '../observe/observations.ts';
import type { Operation } from './attempts.ts';
import type { Evidence } from './types.ts';

/**
 * Polls that are surely attempts at one thing: all calls of one trace that ask a part for the same, of which each but the last has failed. Polls are no
 * operations, and a target may ask again at its own pace; but one that takes up its trace again, and leaves it after a success or to ask for the
 * same in another trace, retries. A trace that goes on after a success, or to the end of the run, may be that of more than one operation.
 */
export function retriedPolls(evidence: Pick<Evidence, 'calls'>, at: string): readonly Operation[] {
  const polls = evidence.calls.filter(({ part, operation, traceId }) => part === at && operation === null && traceId);
  return [...byTrace(polls).values()].flatMap((found) => {
    const attempts = found.toSorted((left, right) => left.receivedMs - right.receivedMs || left.number - right.number);
    const requests = new Set(attempts.map(({ method, path }) => `${method} ${path}`));
    const last = attempts.at(-1);
    if (!last || attempts.length < 2 || requests.size > 1) return [];
    const isLeft =
      last.outcome === 'ok' ||
      polls.some(
        ({ traceId, method, path, receivedMs }) =>
          traceId !== last.traceId && method === last.method && path === last.path && receivedMs > last.receivedMs,
      );
    const isRetried = isLeft && attempts.slice(0, -1).every(({ outcome }) => outcome !== 'ok');
    return isRetried ? [{ name: [...requests].join(''), attempts }] : [];
  });
}

function byTrace(calls: readonly Call[]): Map<Call['traceId'], Call[]> {
  const traces = new Map<Call['traceId'], Call[]>();
  for (const call of calls) {
    const known = traces.get(call.traceId);
    if (known) known.push(call);
    else traces.set(call.traceId, [call]);
  }
  return traces;
}
