/** Why a request to the source did not give what was asked for. */
export type SourceProblem =
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null } // 429, or a 503 that says when to come back
  | { readonly kind: 'unavailable' } // 5xx, no connection, no answer in time
  | { readonly kind: 'rejected'; readonly status: number } // 4xx: trying again will not help
  | { readonly kind: 'malformed' }; // an answer that is not what the API promises

export class SourceFailure extends Error {
  readonly problem: SourceProblem;

  constructor(problem: SourceProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'SourceFailure';
    this.problem = problem;
  }
}

/** An operation that was given up: after its last attempt, or because another one was not allowed. */
export class GaveUp extends Error {
  constructor(reason: string, cause: unknown) {
    super(reason, { cause });
    this.name = 'GaveUp';
  }
}

/** An outage of the source: what the circuit breaker counts. A refusal for haste is an answer of a source that is well. */
export function isOutage(cause: unknown): boolean {
  return cause instanceof SourceFailure && cause.problem.kind === 'unavailable';
}
