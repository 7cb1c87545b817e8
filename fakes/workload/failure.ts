/** Why something was not done, as the caller is told. */
export type FailureCode =
  | 'bad_input' // 400: the caller has to change something
  | 'shed' // 503 with Retry-After: refused on purpose, to keep what was accepted fast
  | 'deadline' // 504: the caller's time is over
  | 'gone' // nobody is there to be answered
  | 'model' // 502: the model server failed
  | 'store' // 503: the vector store failed
  | 'internal'; // 500

/** An error that is an answer. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** When it makes sense to come back; undefined = nothing is known. Seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: FailureCode, message: string, details: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

const statusOf = {
  bad_input: 400,
  shed: 503,
  deadline: 504,
  gone: 499,
  model: 502,
  store: 503,
  internal: 500,
} as const satisfies Record<FailureCode, number>;

/** The HTTP status that says it. */
export function statusOfFailure(failure: Failure): number {
  return statusOf[failure.code];
}

/** Anything thrown, as a failure. */
export function asFailure(cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure('internal', cause instanceof Error ? cause.message : String(cause), { cause });
}
