import { promisify } from 'node:util';
import type { Clock, Timer } from '../clock.ts';

type Callback = (...values: unknown[]) => void;

/** As in Node: anything else fires after a millisecond. */
const longestMs = 2 ** 31 - 1;

/** What `setTimeout` and `setInterval` give back; nothing here keeps the process alive, so `ref` and `unref` change nothing. */
class VirtualTimeout {
  readonly #start: () => Timer;
  #timer: Timer;

  constructor(start: (timeout: VirtualTimeout) => Timer) {
    this.#start = () => start(this);
    this.#timer = this.#start();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.#timer.cancel();
    this.#timer = this.#start();
    return this;
  }

  close(): this {
    this.#timer.cancel();
    return this;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }
}

/** The timer functions of the platform on a clock: the globals, and those of `node:timers/promises`. */
export interface VirtualTimers {
  readonly globals: Readonly<Record<string, unknown>>;
  readonly promises: Readonly<Record<string, unknown>>;
  readonly scheduler: Readonly<Record<string, unknown>>;
}

export function virtualTimers(clock: Clock): VirtualTimers {
  const once = (callback: Callback, delay?: unknown, ...values: unknown[]): VirtualTimeout =>
    new VirtualTimeout(() => clock.setTimer(() => callback(...values), wholeDelayMs(delay)));
  const repeat = (callback: Callback, delay?: unknown, ...values: unknown[]): VirtualTimeout =>
    new VirtualTimeout((timeout) =>
      clock.setTimer(() => {
        // Set anew before the callback runs, so that the callback can end it.
        timeout.refresh();
        callback(...values);
      }, wholeDelayMs(delay)),
    );
  const immediate = (callback: Callback, ...values: unknown[]): VirtualTimeout =>
    new VirtualTimeout(() => clock.setTimer(() => callback(...values), 0));
  const clear = (timeout: unknown): void => {
    if (timeout instanceof VirtualTimeout) timeout.close();
  };

  const sleep = async (delay?: unknown, value?: unknown, options?: { signal?: AbortSignal }): Promise<unknown> => {
    await clock.sleep(wholeDelayMs(delay), options?.signal);
    return value;
  };
  const nextTurn = async (value?: unknown, options?: { signal?: AbortSignal }): Promise<unknown> => {
    await clock.sleep(0, options?.signal);
    return value;
  };
  async function* ticks(delay?: unknown, value?: unknown, options?: { signal?: AbortSignal }): AsyncGenerator {
    for (;;) yield sleep(delay, value, options);
  }

  return {
    globals: {
      setTimeout: Object.assign(once, { [promisify.custom]: sleep }),
      setInterval: repeat,
      setImmediate: Object.assign(immediate, { [promisify.custom]: nextTurn }),
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
    },
    promises: { setTimeout: sleep, setImmediate: nextTurn, setInterval: ticks },
    scheduler: { wait: sleep, yield: nextTurn },
  };
}

function wholeDelayMs(delay: unknown): number {
  const wanted = Math.trunc(Number(delay));
  return wanted >= 1 && wanted <= longestMs ? wanted : 1;
}
