import { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { Failure } from '../failure.ts';
import { reasonOf, type Work } from '../work.ts';
import { readRetryAfter } from '../retry-after.ts';

/** A model call that failed. */
export class ModelFailure extends Failure {
  /** Whether the same call may succeed a little later. */
  readonly retryable: boolean;
  /** How long the server asked to wait; null when it did not say. */
  readonly retryAfterMs: number | null;
  /** As in the attribute `error.type`: the HTTP status, or what happened. */
  readonly errorType: string;

  constructor(
    message: string,
    details: { retryable: boolean; errorType: string; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super('model', message, { cause: details.cause });
    this.name = 'ModelFailure';
    this.retryable = details.retryable;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.errorType = details.errorType;
  }
}

/** What went wrong, from what the official client throws. Work that was stopped keeps its own reason. */
export function readModelFailure(cause: unknown, work: Work, nowMs: number): Failure {
  if (work.signal.aborted) return asStopped(work);
  if (cause instanceof Failure) return cause;
  if (cause instanceof APIUserAbortError)
    return new ModelFailure('The model call was aborted.', { retryable: false, errorType: 'aborted', cause });
  if (cause instanceof APIConnectionError)
    return new ModelFailure('The model server could not be reached.', {
      retryable: true,
      errorType: 'connection',
      cause,
    });
  if (cause instanceof APIError) return fromStatus(cause as ApiFailure, nowMs);
  return new ModelFailure('The connection to the model server broke.', { retryable: true, errorType: 'stream', cause });
}

function asStopped(work: Work): Failure {
  const reason = reasonOf(work.signal);
  return reason instanceof Failure ? reason : new Failure('gone', reason.message, { cause: reason });
}

type ApiFailure = APIError<number | undefined, Headers | undefined, object | undefined>;

/** Of the 4xx only 408 and 429 are worth another try, and a 429 only where the quota refills by itself. */
function fromStatus(cause: ApiFailure, nowMs: number): ModelFailure {
  const { status } = cause;
  const spent = cause.code === 'insufficient_quota' || cause.code === 'credit_balance_exhausted';
  // Without a status the failure came inside a stream: an error event after a 200.
  const retryable = !spent && (status === undefined || status >= 500 || status === 429 || status === 408);
  return new ModelFailure(`The model server failed: ${cause.message}`, {
    retryable,
    errorType: status === undefined ? (cause.code ?? 'stream') : String(status),
    retryAfterMs: readRetryAfter(cause.headers?.get('retry-after') ?? null, nowMs),
    cause,
  });
}
