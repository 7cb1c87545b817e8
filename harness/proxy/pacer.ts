import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';

/** How long the work may hold up everything else in one go. */
const sliceMs = 10;

/** See `Pacer.place`. */
export interface PlaceInLine {
  readonly isTaken: boolean;
  /** Has the work done, now or when it is its turn. */
  take(): void;
}

/**
 * Does work at many connections without holding up the control API: to let go of what five hundred stalled connections hold takes seconds of
 * copying. What fits into a slice is done at once, however many calls it comes in; the rest follows slice by slice, and everything else gets its turn
 * in between. A piece of work that fails ends no other: it is told of, since whoever asked for it may be gone.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  #waiting: (() => void)[] = [];
  /** Slices are under way: a call that comes meanwhile joins the queue. */
  #busy = false;
  /** Of the slice, since everything else had its turn. */
  #spentMs = 0;

  constructor(clock: Clock, log: (line: string) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  each<T>(items: Iterable<T>, work: (item: T) => void): void {
    for (const item of items) this.#waiting.push(() => work(item));
    if (!this.#busy) this.#slice(sliceMs - this.#spentMs);
  }

  /** A place in line for work that comes again and again, as the pieces of a stream do: however often it is asked for, it is in line once. */
  place(work: () => void): PlaceInLine {
    let isTaken = false;
    return {
      get isTaken() {
        return isTaken;
      },
      take: () => {
        if (isTaken) return;
        isTaken = true;
        this.each([work], (doIt) => {
          // It may ask for its next turn.
          isTaken = false;
          doIt();
        });
      },
    };
  }

  /** Whether a go may begin now that comes without being asked for, as bytes do: nobody is in line, and there is time left before everything else has its turn. */
  get hasTime(): boolean {
    return !this.#busy && this.#spentMs < sliceMs;
  }

  /** Counts how long such a go has taken. */
  spent(tookMs: number): void {
    if (tookMs > 0) this.#rest(tookMs);
  }

  /** Does all that waits, now. */
  finish(): void {
    this.#slice(Infinity);
  }

  #slice(forMs: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let done = 0;
    this.#busy = true;
    const fromMs = this.#clock.now();
    let tookMs = 0;
    while (done < waiting.length && tookMs < forMs) {
      this.#try(waiting[done]);
      done += 1;
      tookMs = this.#clock.now() - fromMs;
    }
    this.#waiting = [...waiting.slice(done), ...this.#waiting];
    this.#busy = this.#waiting.length > 0;
    this.#rest(tookMs);
  }

  #try(work: (() => void) | undefined): void {
    try {
      work?.();
    } catch (cause) {
      this.#log(`what a toxic does to a connection has failed: ${messageOf(cause)}`);
    }
  }

  /** After everything else has had its turn, there is a slice again. */
  #rest(tookMs: number): void {
    const isResting = this.#spentMs > 0;
    this.#spentMs += tookMs;
    if (isResting || (!this.#busy && tookMs === 0)) return;
    this.#clock.setTimer(() => {
      this.#spentMs = 0;
      if (this.#busy) this.#slice(sliceMs);
    }, 0);
  }
}
