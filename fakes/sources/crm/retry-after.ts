/** The forms in which RFC 9110, 10.2.3 allows `Retry-After`, and its absence. */
export type RetryAfterForm = 'seconds' | 'http-date' | 'none';

export interface RetryAfter {
  /** What the header says; null when it is left out. */
  readonly header: string | null;
  /** How long that tells the caller to wait from `nowMs` on; null when it says nothing. */
  readonly waitMs: number | null;
}

/**
 * Tells a caller to wait `waitMs`, at least one second and never less than asked: seconds are rounded up, and so is a date, which has no
 * fractions of a second.
 */
export function retryAfter(form: RetryAfterForm, waitMs: number, nowMs: number): RetryAfter {
  const atLeastMs = Math.max(1000, waitMs);
  switch (form) {
    case 'seconds': {
      const seconds = Math.ceil(atLeastMs / 1000);
      return { header: String(seconds), waitMs: seconds * 1000 };
    }
    case 'http-date': {
      const dateMs = Math.ceil((nowMs + atLeastMs) / 1000) * 1000;
      return { header: new Date(dateMs).toUTCString(), waitMs: dateMs - nowMs };
    }
    case 'none':
      return { header: null, waitMs: null };
  }
}
