import type { Clock } from '../kit/clock.ts';
import { formatDuration } from '../kit/durations.ts';

/** `fetch` for the harness's own questions: gives up after `limitMs`, with the body read. */
export async function ask(
  clock: Clock,
  url: string,
  settings: { method?: string; body?: unknown; limitMs: number; signal?: AbortSignal },
): Promise<{ readonly status: number; readonly body: string }> {
  const giveUp = new AbortController();
  const timer = clock.setTimer(
    () => giveUp.abort(new Error(`no answer from ${url} after ${formatDuration(settings.limitMs)}`)),
    settings.limitMs,
  );
  try {
    const response = await reach(url, {
      method: settings.method ?? 'GET',
      signal: settings.signal ? AbortSignal.any([settings.signal, giveUp.signal]) : giveUp.signal,
      ...(settings.body === undefined
        ? {}
        : { body: JSON.stringify(settings.body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: await response.text() };
  } finally {
    timer.cancel();
  }
}

/** `fetch`, whose error has the reason in its words: `connect ECONNREFUSED 127.0.0.1:8080` instead of `fetch failed`. */
async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (!(cause instanceof TypeError && cause.cause instanceof Error)) throw cause;
    throw new Error(cause.cause.message || cause.message, { cause });
  }
}
