import type { Clock } from '../kit/clock.ts';

/** How long work may hold up everything else in one go. */
const goMs = 5;

/** For work that may be long: asked between its steps, it lets everything else have its turn when that has waited long enough. */
export class Turns {
  readonly #clock: Clock;
  #untilMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#untilMs = clock.now() + goMs;
  }

  async pause(): Promise<void> {
    if (this.#clock.now() < this.#untilMs) return;
    await this.#clock.sleep(0);
    this.#untilMs = this.#clock.now() + goMs;
  }
}
