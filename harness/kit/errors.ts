/** Codes are stable: scripts and tests may depend on them. */
export type ErrorCode =
  | 'usage' // the person asked for something that does not exist or is not allowed: exit 64
  | 'bad-config' // a config or scenario has mistakes: exit 64
  | 'bad-record' // a stored run cannot be read: exit 64
  | 'refused-target' // the target is outside loopback and not on the allow list: exit 64
  | 'target-not-ready' // the target never said it was ready: exit 3
  | 'part-not-ready' // a part of the world did not start: exit 3
  | 'deadline' // a wait took too long: exit 3
  | 'interrupted' // SIGINT or SIGTERM
  | 'disk' // the record could not be written: exit 3
  | 'harness'; // a defect of ours: exit 3

/** The base of every error that gameday throws on purpose: what failed, what was seen, what to do. */
export class GamedayError extends Error {
  readonly code: ErrorCode;
  /** One line per problem when there are several; never empty. */
  readonly problems: readonly string[];
  /** What the person can do about it. */
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { problems?: readonly string[]; hint?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'GamedayError';
    this.code = code;
    this.problems = details.problems ?? [message];
    this.hint = details.hint;
  }
}

/** The message of anything that was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The message of anything that was thrown, and those of what caused it. */
export function wholeMessageOf(cause: unknown): string {
  const next = cause instanceof Error ? cause.cause : undefined;
  return next === undefined ? messageOf(cause) : `${messageOf(cause)} ${wholeMessageOf(next)}`;
}
