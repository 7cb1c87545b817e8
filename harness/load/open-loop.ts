import type { Clock } from '../kit/clock.ts';

/**
 * Calls `send(index)` at each of `timesMs` (milliseconds since `originMs`), never waiting for what it started: an open loop. A late wake-up
 * sends everything that has fallen due; how late is for the caller to see from the due time. Resolves when the last has been sent, or when
 * `signal` is aborted.
 */
export function openLoop(
  clock: Clock,
  schedule: { originMs: number; timesMs: readonly number[]; signal: AbortSignal },
  send: (index: number) => void,
): Promise<void> {
  const { originMs, timesMs, signal } = schedule;
  return new Promise((resolve) => {
    let next = 0;
    const wake = (): void => {
      while (!signal.aborted && next < timesMs.length && originMs + (timesMs[next] ?? 0) <= clock.now()) send(next++);
      const dueMs = timesMs[next];
      if (signal.aborted || dueMs === undefined) resolve();
      // A timer may fire a fraction of a millisecond early by the finer clock; the loop above then waits once more.
      else clock.setTimer(wake, originMs + dueMs - clock.now());
    };
    signal.addEventListener('abort', () => resolve(), { once: true });
    wake();
  });
}
