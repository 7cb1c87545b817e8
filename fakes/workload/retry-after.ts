/**
 * How long a `Retry-After` header asks to wait, in milliseconds from `nowMs`; null when there is none or it cannot be read. Both forms
 * of RFC 9110 section 10.2.3: whole seconds and an HTTP date. What lies in the past means "now".
 */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Every HTTP date begins with a letter; `Date.parse` would take a bare negative number for a year.
  if (!/^[A-Za-z]/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
