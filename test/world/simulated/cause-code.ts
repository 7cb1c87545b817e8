/** The code that a failed request names as its cause; what it failed with where there is none. */
export function causeCode(cause: unknown): unknown {
  return cause instanceof Error && cause.cause instanceof Error && 'code' in cause.cause ? cause.cause.code : cause;
}
