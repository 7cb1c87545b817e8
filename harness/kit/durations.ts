/** Durations are numbers of milliseconds and rates are numbers per second; these give them their unit where they are written. */
export function milliseconds(count: number): number {
  return count;
}

export function seconds(count: number): number {
  return count * 1000;
}

export function minutes(count: number): number {
  return count * 60_000;
}

/** A rate, in events per second. */
export function perSecond(count: number): number {
  return count;
}

/** A duration as a person reads it: `850 ms`, `12.5 s`, `3 min 20 s`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return 'never';
  if (Math.abs(durationMs) < 1000) return `${trim(durationMs)} ms`;
  if (Math.abs(durationMs) < 120_000) return `${trim(durationMs / 1000)} s`;
  const wholeSeconds = Math.round(durationMs / 1000);
  const rest = wholeSeconds % 60;
  return rest === 0 ? `${wholeSeconds / 60} min` : `${Math.floor(wholeSeconds / 60)} min ${rest} s`;
}

function trim(value: number): string {
  return String(Math.round(value * 10) / 10);
}
