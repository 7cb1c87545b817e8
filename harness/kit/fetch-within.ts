import type { Clock } from './clock.ts';
import { formatDuration } from './durations.ts';

/** What a request is sent with. */
export interface Caller {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/**
 * Sends a request and reads its answer, all within `limitMs`.
 *
 * @throws whatever `fetch` and `read` throw; where time runs out, an error that says so
 */
export async function fetchWithin<T>(
  { clock, fetch }: Caller,
  url: string | URL,
  { limitMs, signal, ...init }: RequestInit & { readonly limitMs: number },
  read: (response: Response) => T | Promise<T>,
): Promise<T> {
  const giveUp = new AbortController();
  const timer = clock.setTimer(
    () => giveUp.abort(new Error(`no answer from ${String(url)} after ${formatDuration(limitMs)}`)),
    limitMs,
  );
  try {
    const either = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
    return await read(await fetch(url, { ...init, signal: either }));
  } finally {
    timer.cancel();
  }
}
