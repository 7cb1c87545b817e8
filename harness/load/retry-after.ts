/** How long a `Retry-After` header asks to wait (RFC 9110, section 10.2.3): seconds or an HTTP date. Null for none and for nonsense. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  // Date.parse takes much for a date, "1.5" for one; an HTTP date ends in GMT.
  const dateMs = /GMT\s*$/.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}
