import { Alarm } from './alarm.ts';
import type { ToxicOutlet, ToxicStage } from './toxic.ts';

/** How long a connection whose sender has gone is kept for its receiver, who does not know. Without an end they would add up. */
export const keptForMs = 60_000;

/** A direction in which nothing arrives any more: no byte, no end, no reset. A minute after the sender has gone the connection is closed. */
export class DeadStage implements ToxicStage {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  readonly #alarm: Alarm;
  #isAlone = false;

  constructor(outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#alarm = new Alarm(outlet.clock);
  }

  chunk(chunk: Buffer): void {
    this.#outlet.altered(chunk.length, 'dropped');
  }

  end(): void {
    this.#outlet.altered(0);
    this.#leaveAlone();
  }

  broken(): true {
    this.#outlet.altered(0);
    this.#leaveAlone();
    return true;
  }

  update(): void {
    // There is nothing to change.
  }

  /** Not counted as altered: where nothing was sent in the meantime nothing was done, although the removal closes. */
  release(): void {
    this.#alarm.cancel();
    this.#outlet.close();
  }

  discard(): void {
    this.#alarm.close();
  }

  #leaveAlone(): void {
    if (this.#isAlone) return;
    this.#isAlone = true;
    this.#alarm.set(this.#outlet.clock.now() + keptForMs, () => this.#outlet.close());
  }
}
