import type { Clock, Timer } from '../../kit/clock.ts';

/** One timer that can be set anew. */
export class Alarm {
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls back at `atMs` by the clock, in place of what it was set to before. */
  set(atMs: number, callback: () => void): void {
    this.cancel();
    if (this.#isClosed) return;
    // Rounded up: timers are no finer than a millisecond, and a toxic may be late but never early.
    const waitMs = Math.ceil(atMs - this.#clock.now());
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      callback();
    }, waitMs);
  }

  /** Calls back when `atMs()` has come, at once where it has. It is asked again then, so that it may move on without another timer. */
  setMoving(atMs: () => number, callback: () => void): void {
    this.cancel();
    const dueMs = atMs();
    if (dueMs > this.#clock.now()) this.set(dueMs, () => this.setMoving(atMs, callback));
    else callback();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * For good: nothing sets it any more. What is handed on may end the connection in the middle of that, and who handed it on goes on to what
   * comes next.
   */
  close(): void {
    this.cancel();
    this.#isClosed = true;
  }
}
