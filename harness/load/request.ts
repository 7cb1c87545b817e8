import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import type { Outcome, Sample, WorkClass } from '../observe/observations.ts';
import type { TargetRequest } from '../world/target.ts';
import { retryAfterMs } from './retry-after.ts';

/** What the driver of an operation needs to send one request. */
export interface Sender {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly baseUrl: string;
  /** Epoch milliseconds of the run's origin. */
  readonly originMs: number;
}

/** One planned request. */
export interface Planned {
  /** Trace id: 32 hexadecimal digits. */
  readonly id: string;
  readonly operation: string;
  readonly workClass: WorkClass;
  readonly dueMs: number;
  readonly deadlineMs: number;
  readonly request: TargetRequest;
}

/** What reading an answer gave. `firstTokenMs` is epoch milliseconds. */
export interface Reading {
  readonly outcome: Outcome;
  readonly firstTokenMs: number | null;
  readonly tokens: number;
  readonly correct: boolean | null;
}

/**
 * Sends one request and reads its answer, until its deadline. Never throws: whatever happens becomes a sample. `read` sees answers with
 * status 200 only; a refusal with `Retry-After` counts as shed, anything else as failed. A write without an answer is `unknown`.
 */
export async function sendRequest(
  sender: Sender,
  planned: Planned,
  read: (response: Response) => Promise<Reading>,
): Promise<Sample> {
  const { clock, originMs } = sender;
  const sentMs = clock.now();
  const giveUp = new AbortController();
  const timer = clock.setTimer(
    () => giveUp.abort(new Error('timeout')),
    originMs + planned.dueMs + planned.deadlineMs - sentMs,
  );
  const reading = await attempt(sender, planned, giveUp.signal, read).catch((cause: unknown) =>
    unread(planned, failureCode(cause, giveUp.signal)),
  );
  timer.cancel();
  return {
    id: planned.id,
    operation: planned.operation,
    workClass: planned.workClass,
    dueMs: planned.dueMs,
    sentMs: sentMs - originMs,
    firstTokenMs: reading.firstTokenMs === null ? null : reading.firstTokenMs - originMs,
    doneMs: clock.now() - originMs,
    deadlineMs: planned.deadlineMs,
    outcome: reading.outcome,
    tokens: reading.tokens,
    correct: reading.correct,
  };
}

async function attempt(
  sender: Sender,
  planned: Planned,
  signal: AbortSignal,
  read: (response: Response) => Promise<Reading>,
): Promise<Reading> {
  const { method, path, headers, body } = planned.request;
  const response = await sender.fetch(new URL(path, sender.baseUrl), {
    method,
    // The parent span id only has to be non-zero: we are the root.
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${planned.id}-${planned.id.slice(0, 15)}1-01`,
      ...headers,
    },
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return read(response);
  await response.body?.cancel();
  const waitMs = retryAfterMs(response.headers.get('retry-after'), sender.clock.now());
  if ((response.status === 429 || response.status === 503) && waitMs !== null) {
    return {
      outcome: { kind: 'shed', status: response.status, retryAfterMs: waitMs },
      firstTokenMs: null,
      tokens: 0,
      correct: null,
    };
  }
  return unread(planned, `HTTP ${response.status}`, true);
}

/** A write that got no answer may have happened; a question without one has simply failed. */
function unread(planned: Planned, code: string, answered = false): Reading {
  const kind = planned.operation === 'ask' || answered ? 'failed' : 'unknown';
  return { outcome: { kind, code }, firstTokenMs: null, tokens: 0, correct: null };
}

function failureCode(cause: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'timeout';
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (inner instanceof Error && 'code' in inner && typeof inner.code === 'string') return inner.code;
  return messageOf(inner);
}
