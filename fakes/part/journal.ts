import type { Clock } from '../../harness/kit/clock.ts';
import type { Call, CallOutcome, WorkClass } from '../../harness/observe/observations.ts';
import type { JournalPage } from '../../harness/world/types.ts';

/** What is known of a call when it arrives. */
export interface Arrival {
  readonly method: string;
  readonly path: string;
  /** The logical operation that it is an attempt of; null for polls and health checks. */
  readonly operation: string | null;
  /** Which of the part's limits it counts against, where it has several. */
  readonly limit?: string;
  readonly traceparent: string | null;
  readonly workClass?: WorkClass | null;
}

/** What is known of it when it has been answered. */
export interface Ending {
  readonly status: number | null;
  readonly outcome: CallOutcome;
  readonly retryAfterMs?: number | null;
  readonly tokens?: number;
  /** The id of the fault that altered it. */
  readonly fault?: string | null;
  readonly figures?: Readonly<Record<string, number>>;
}

/** An open entry. `end` counts once: later calls are ignored. */
export interface OpenCall {
  end(ending: Ending): void;
}

/** Every call at one part. */
export interface Journal {
  begin(arrival: Arrival): OpenCall;
  /** The calls that ended after the first `after` ended ones, in the order of their ends; with `open`, also those still open. */
  page(after: number, open: boolean): JournalPage;
}

export function createJournal(part: string, clock: Clock): Journal {
  const ended: Call[] = [];
  const open = new Map<number, Call>();
  const attempts = new Map<string, number>();
  let count = 0;

  const begin = (arrival: Arrival): OpenCall => {
    const traceId = traceIdOf(arrival.traceparent);
    const key = `${traceId ?? ''} ${arrival.operation ?? ''}`;
    const attempt = arrival.operation === null ? 1 : (attempts.get(key) ?? 0) + 1;
    if (arrival.operation !== null) attempts.set(key, attempt);
    const call: Call = {
      part,
      number: ++count,
      method: arrival.method,
      path: arrival.path,
      operation: arrival.operation,
      ...(arrival.limit === undefined ? {} : { limit: arrival.limit }),
      traceId,
      attempt,
      workClass: arrival.workClass ?? null,
      dueMs: null,
      receivedMs: clock.now(),
      endedMs: null,
      status: null,
      outcome: 'aborted',
      retryAfterMs: null,
      tokens: 0,
      fault: null,
      figures: {},
    };
    open.set(call.number, call);
    return {
      end: (ending) => {
        if (!open.delete(call.number)) return;
        // After a success, the next call for the same thing is a new operation, not another attempt.
        if (ending.outcome === 'ok') attempts.delete(key);
        ended.push(closed(call, clock.now(), ending));
      },
    };
  };

  return {
    begin,
    page: (after, withOpen) => ({
      calls: [...ended.slice(after), ...(withOpen ? open.values() : [])],
      next: ended.length,
    }),
  };
}

function closed(call: Call, endedMs: number, ending: Ending): Call {
  return {
    ...call,
    endedMs,
    status: ending.status,
    outcome: ending.outcome,
    retryAfterMs: ending.retryAfterMs ?? null,
    tokens: ending.tokens ?? 0,
    fault: ending.fault ?? null,
    figures: { ...ending.figures },
  };
}

/** The trace id of a W3C `traceparent` header (https://www.w3.org/TR/trace-context/), or null when there is none or it is malformed. */
export function traceIdOf(traceparent: string | null): string | null {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent ?? '')?.[1] ?? null;
}
