import { Alarm } from './alarm.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'delay';

/** Closes the connection `delay` ms after the toxic came to it, whatever goes on; until then everything passes. */
export const closeAfter: ToxicKind<Name> = {
  type: 'close_after',
  attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
  start: (attributes, outlet) => new CloseAfterStage(attributes, outlet),
};

class CloseAfterStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  readonly #alarm: Alarm;
  readonly #fromMs: number;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#alarm = new Alarm(outlet.clock);
    this.#fromMs = outlet.clock.now();
    this.#wait(attributes.delay);
  }

  chunk(chunk: Buffer): void {
    this.#outlet.forward(chunk);
  }

  end(): void {
    this.#outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#wait(attributes.delay);
  }

  release(): void {
    this.#alarm.cancel();
  }

  discard(): void {
    this.#alarm.cancel();
  }

  /** By a timer in any case: a connection that is being set up cannot be closed in the middle of that. */
  #wait(delayMs: number): void {
    this.#alarm.set(this.#fromMs + delayMs, () => {
      this.#outlet.altered(0);
      this.#outlet.close();
    });
  }
}
