import type { Clock, Timer } from '../kit/clock.ts';

/** `none`: nobody ever asked for one, so nothing ends by itself. Times in milliseconds. */
export type LeaseState =
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly leaseMs: number; readonly leftMs: number }
  | { readonly kind: 'lapsed'; readonly lapsedAtMs: number };

/** A promise that somebody still looks after the faults. When it is not renewed in time, `lapse` is called, once. */
export class Lease {
  readonly #clock: Clock;
  readonly #lapse: () => void;
  #timer: Timer | undefined;
  #held: { readonly leaseMs: number; readonly untilMs: number } | undefined;
  #lapsedAtMs: number | undefined;

  constructor(clock: Clock, lapse: () => void) {
    this.#clock = clock;
    this.#lapse = lapse;
  }

  state(): LeaseState {
    if (this.#held) {
      const leftMs = Math.max(0, this.#held.untilMs - this.#clock.now());
      return { kind: 'held', leaseMs: this.#held.leaseMs, leftMs };
    }
    return this.#lapsedAtMs === undefined ? { kind: 'none' } : { kind: 'lapsed', lapsedAtMs: this.#lapsedAtMs };
  }

  /** Starts it, or starts it anew. */
  renew(leaseMs: number): void {
    this.#timer?.cancel();
    this.#held = { leaseMs, untilMs: this.#clock.now() + leaseMs };
    this.#timer = this.#clock.setTimer(() => {
      this.#held = undefined;
      this.#lapsedAtMs = this.#clock.now();
      this.#lapse();
    }, leaseMs);
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
