import type { Clock } from './clock.ts';
import { formatDuration } from './durations.ts';
import { GamedayError, messageOf } from './errors.ts';

/** Waits for `work`, at most `limitMs`; on time-out throws an error that says what was waited for. */
export async function withDeadline<T>(
  clock: Clock,
  work: Promise<T>,
  settings: { what: string; limitMs: number },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      reject(
        new GamedayError('deadline', `Waited for ${settings.what}: nothing after ${formatDuration(settings.limitMs)}.`),
      );
    }, settings.limitMs);
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/**
 * Asks `check` again and again until it gives something other than undefined. A check that throws counts as "not yet"; its last error is
 * part of the message when time runs out.
 */
export async function waitUntil<T>(
  clock: Clock,
  check: () => T | undefined | Promise<T | undefined>,
  settings: { what: string; limitMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<T> {
  const untilMs = clock.now() + settings.limitMs;
  let lastSeen = 'no answer yet';
  for (;;) {
    settings.signal?.throwIfAborted();
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (cause) {
      lastSeen = messageOf(cause);
    }
    if (clock.now() >= untilMs) {
      throw new GamedayError(
        'deadline',
        `Waited for ${settings.what}: not seen after ${formatDuration(settings.limitMs)} (${lastSeen}).`,
      );
    }
    await clock.sleep(settings.everyMs ?? 50, settings.signal);
  }
}
