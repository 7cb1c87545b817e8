/** Time as everything in gameday reads it: handed in, so that the same code runs on real and on virtual time. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions. Never goes back. */
  now(): number;
  /** Calls back once after `delayMs` by `now()`, never before (below zero counts as zero). The timer can be cancelled, also twice. */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** 24.8 days. */
const longestTimeoutMs = 2 ** 31 - 1;

export interface Timer {
  cancel(): void;
}

/**
 * The machine's clock. It reads the wall clock once and counts on monotonically from there, so that a corrected wall clock cannot make
 * a duration negative; processes of one machine that start within one run agree to about a millisecond.
 */
export function systemClock(): Clock {
  const originMs = Date.now() - performance.now();
  const now = (): number => originMs + performance.now();
  const setTimer = (callback: () => void, delayMs: number): Timer => {
    const dueMs = now() + delayMs;
    let handle: NodeJS.Timeout;
    const wait = (): void => {
      // Rounded up, since the platform drops fractions, and asked again, since it counts from a millisecond that has begun before and so fires as much
      // too soon: half of all timers, where others keep the loop busy. A longer one than the longest it would fire after a millisecond.
      const leftMs = Math.ceil(Math.max(0, dueMs - now()));
      handle = setTimeout(() => (now() < dueMs ? wait() : callback()), Math.min(leftMs, longestTimeoutMs));
    };
    wait();
    return { cancel: () => clearTimeout(handle) };
  };
  return {
    now,
    setTimer,
    sleep: (delayMs, signal) => sleepOn(setTimer, delayMs, signal),
  };
}

/** `sleep` for any clock that has `setTimer`. */
export function sleepOn(setTimer: Clock['setTimer'], delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(asError(signal?.reason));
    };
    const timer = setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(`Stopped waiting: ${String(reason)}`);
}
