import { sleepOn, type Clock, type Timer } from './clock.ts';

interface Scheduled {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to go on, and then jumps from timer to timer. Timers due at the same time fire in the order
 * in which they were set. Between two timers everything that is ready (promises, `setImmediate`) runs first.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  readonly #queue: Scheduled[] = [];

  /** @param startMs what `now()` says first; default 0, so that times in a test are plain offsets. */
  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#queue.length;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry = { dueMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, callback };
    push(this.#queue, entry);
    return { cancel: () => remove(this.#queue, entry) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn((callback, ms) => this.setTimer(callback, ms), delayMs, signal);
  }

  /** Moves time on by `byMs`, firing every timer that falls due on the way. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    while ((this.#queue[0]?.dueMs ?? Infinity) <= untilMs) await this.#fireNext();
    this.#nowMs = untilMs;
  }

  /** Moves time on until `work` settles, and returns what it gave. Throws when nothing is scheduled that could settle it. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const finished = work.finally(() => (state.done = true));
    finished.catch(() => undefined); // observed below; here only so that it never counts as unhandled
    for (;;) {
      await settle();
      if (state.done) return finished;
      if (this.#queue.length === 0) {
        throw new Error(
          'Virtual time stands still: the work is not settled and no timer is waiting that could settle it.',
        );
      }
      await this.#fireNext();
    }
  }

  async #fireNext(): Promise<void> {
    const next = this.#queue.shift();
    if (!next) return;
    this.#nowMs = next.dueMs;
    next.callback();
    await settle();
  }
}

/** Lets promises and immediates that are ready run: streams of the platform need a few turns to hand a chunk on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function push(queue: Scheduled[], entry: Scheduled): void {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = queue[middle];
    if (other && before(other, entry)) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, entry);
}

function before(left: Scheduled, right: Scheduled): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.sequence < right.sequence);
}

function remove(queue: Scheduled[], entry: Scheduled): void {
  const index = queue.indexOf(entry);
  if (index >= 0) queue.splice(index, 1);
}
