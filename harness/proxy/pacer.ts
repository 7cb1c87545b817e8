import type { Clock } from '../kit/clock.ts';

/** How long the work may hold up everything else in one go. */
const sliceMs = 10;

/**
 * Does work at many connections without holding up the control API: to let go of what five hundred stalled connections hold takes seconds of
 * copying. What fits into a slice is done at once; the rest follows slice by slice, and everything else gets its turn in between.
 */
export class Pacer {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];
  /** Slices are under way: a call that comes meanwhile joins the queue. */
  #busy = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  each<T>(items: Iterable<T>, work: (item: T) => void): void {
    for (const item of items) this.#waiting.push(() => work(item));
    if (!this.#busy) this.#slice(this.#clock.now() + sliceMs);
  }

  /** Does all that waits, now. */
  finish(): void {
    this.#slice(Infinity);
  }

  #slice(untilMs: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let done = 0;
    this.#busy = true;
    try {
      for (const work of waiting) {
        done += 1;
        work();
        if (this.#clock.now() >= untilMs) break;
      }
    } finally {
      // Also where a piece of work fails: the others are not lost with it.
      this.#waiting = [...waiting.slice(done), ...this.#waiting];
      this.#busy = this.#waiting.length > 0;
      if (this.#busy) this.#clock.setTimer(() => this.#slice(this.#clock.now() + sliceMs), 0);
    }
  }
}
