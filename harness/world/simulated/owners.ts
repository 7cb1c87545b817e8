import { AsyncLocalStorage } from 'node:async_hooks';
import { sleepOn, type Clock } from '../../kit/clock.ts';
import { OwnStorage } from '../../kit/virtual/async-contexts.ts';

/** What code that runs as a process has of the world. */
export interface Owner {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** It has ended by itself, and how. */
  ended(how: string): void;
}

/**
 * Whose code is running. Libraries set timers and send requests by the globals; whose these are is known by who was running when they did,
 * across every `await` in between.
 */
export class Owners {
  readonly #running = new OwnStorage<Owner | undefined>();

  /** Runs code as that of a process; undefined: as that of none. */
  run<Result>(owner: Owner | undefined, code: () => Result): Result {
    return this.#running.run(owner, code);
  }

  /** A way to run code as that of a process, again and again: cheaper than `run` each time. */
  entrance(owner: Owner): <Result>(code: () => Result) => Result {
    return this.#running.run(owner, () => AsyncLocalStorage.snapshot());
  }

  /** Ends the process whose code is running, as `process.exit` or an error that nobody catches does; false where it is that of none. */
  end(how: string): boolean {
    const owner = this.#running.getStore();
    owner?.ended(how);
    return owner !== undefined;
  }

  /** A clock whose timers are those of the process that sets them. */
  clock(shared: Clock): Clock {
    const setTimer: Clock['setTimer'] = (callback, delayMs) =>
      (this.#running.getStore()?.clock ?? shared).setTimer(callback, delayMs);
    return {
      setTimer,
      now: () => shared.now(),
      sleep: (delayMs, signal) => sleepOn(setTimer, delayMs, signal),
    };
  }

  /** A `fetch` whose requests are those of the process that sends them. */
  fetch(shared: typeof fetch): typeof fetch {
    return (input, init) => (this.#running.getStore()?.fetch ?? shared)(input, init);
  }

  /**
   * Runs what starts a process. A `fetch` that it puts in place of the global one, as Mock Service Worker does, is then that of processes
   * only: what the harness itself sends does not go past it.
   */
  async keepingFetchApart<Result>(start: () => Promise<Result>): Promise<Result> {
    const before = globalThis.fetch;
    const started = await start();
    const patched = globalThis.fetch;
    // Another function than the one that was patched, which `patched` calls for what it lets through.
    if (patched !== before)
      globalThis.fetch = (input, init) => (this.#running.getStore() ? patched : before)(input, init);
    return started;
  }
}
