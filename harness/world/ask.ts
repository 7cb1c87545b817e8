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
    const response = await fetch(url, {
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
