import type { Clock } from '../../../harness/kit/clock.ts';

/** How many seconds of its rate a bucket holds. */
const secondsHeld = 3;

/**
 * Epoch milliseconds with fractions resolve to about a quarter of a microsecond, so a caller who waited exactly long enough may lack a
 * millionth of a token. It is owed, not given away: the level goes below zero by as much.
 */
const tolerance = 1e-3;

/** A rate limit that is earned: it fills at `perSecond` tokens per second, holds 3 s of that (at least one token), and starts full. */
export class TokenBucket {
  readonly #clock: Clock;
  #perSecond: number;
  #level: number;
  #levelAtMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#level = this.capacity;
    this.#levelAtMs = clock.now();
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  get capacity(): number {
    return Math.max(1, this.#perSecond * secondsHeld);
  }

  get level(): number {
    const earned = (Math.max(0, this.#clock.now() - this.#levelAtMs) / 1000) * this.#perSecond;
    return Math.min(this.capacity, this.#level + earned);
  }

  /** Milliseconds until the bucket is full again. */
  get fullInMs(): number {
    return ((this.capacity - this.level) / this.#perSecond) * 1000;
  }

  /** Takes one token: 0 when there was one, otherwise how many milliseconds it takes to earn what is missing (and nothing is taken). */
  take(): number {
    const level = this.level;
    if (level < 1 - tolerance) return ((1 - level) / this.#perSecond) * 1000;
    this.#settle(level - 1);
    return 0;
  }

  /** From now on fills at another rate. What is in it stays, as far as the new capacity holds it. */
  setRate(perSecond: number): void {
    const level = this.level;
    this.#perSecond = perSecond;
    this.#settle(Math.min(level, this.capacity));
  }

  #settle(level: number): void {
    this.#level = level;
    this.#levelAtMs = this.#clock.now();
  }
}
