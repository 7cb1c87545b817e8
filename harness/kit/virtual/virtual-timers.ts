import { promisify } from 'node:util';
import type { Clock, Timer } from '../clock.ts';
import type { Bind } from './async-contexts.ts';

/** The platform's own: it says what is wrong with a callback that is none. */
const { setTimeout: realSetTimeout } = globalThis;

type Callback = (this: unknown, ...values: unknown[]) => void;

/** As in Node: anything else fires after a millisecond. */
const longestMs = 2 ** 31 - 1;

/** Timers that somebody has made a number of, by that number. */
class TimersByNumber {
  readonly #timers = new Map<number, VirtualTimeout>();

  add(timer: VirtualTimeout): number {
    const number = this.#timers.size + 1;
    this.#timers.set(number, timer);
    return number;
  }

  /** As in Node, where the number may be a text. */
  get(number: unknown): VirtualTimeout | undefined {
    return typeof number === 'number' || typeof number === 'string' ? this.#timers.get(Number(number)) : undefined;
  }
}

/** What `setTimeout` and `setInterval` give back; nothing here keeps the process alive, so `ref` and `unref` change only what `hasRef` says. */
class VirtualTimeout {
  readonly #start: () => Timer;
  readonly #numbers: TimersByNumber;
  #timer: Timer;
  #number: number | undefined;
  #hasRef = true;

  constructor(numbers: TimersByNumber, start: (timeout: VirtualTimeout) => Timer) {
    this.#numbers = numbers;
    this.#start = () => start(this);
    this.#timer = this.#start();
  }

  [Symbol.toPrimitive](): number {
    return (this.#number ??= this.#numbers.add(this));
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
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

/** @param bind keeps for a callback what is kept for it from when its timer is set; default nothing */
export function virtualTimers(clock: Clock, bind: Bind = (callback) => callback): VirtualTimers {
  const numbers = new TimersByNumber();
  const timer = (given: unknown, delayMs: number, values: unknown[], repeats = false): VirtualTimeout => {
    const callback = bind(callable(given));
    return new VirtualTimeout(numbers, (timeout) =>
      clock.setTimer(() => {
        // Set anew before the callback runs, so that the callback can end it.
        if (repeats) timeout.refresh();
        callback.apply(timeout, values);
      }, delayMs),
    );
  };
  const once = (callback: unknown, delay?: unknown, ...values: unknown[]): VirtualTimeout =>
    timer(callback, wholeDelayMs(delay), values);
  const repeat = (callback: unknown, delay?: unknown, ...values: unknown[]): VirtualTimeout =>
    timer(callback, wholeDelayMs(delay), values, true);
  const immediate = (callback: unknown, ...values: unknown[]): VirtualTimeout => timer(callback, 0, values);
  const clear = (timeout: unknown): void => {
    const found = timeout instanceof VirtualTimeout ? timeout : numbers.get(timeout);
    found?.close();
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

/** @throws TypeError as the platform does for what cannot be called back */
function callable(callback: unknown): Callback {
  if (typeof callback === 'function') return callback as Callback;
  clearTimeout(realSetTimeout(callback as () => void, 0));
  return callback as Callback;
}

function wholeDelayMs(delay: unknown): number {
  const wanted = Math.trunc(Number(delay));
  return wanted >= 1 && wanted <= longestMs ? wanted : 1;
}
