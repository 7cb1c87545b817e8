import { Alarm } from './alarm.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'delay';

/** A toxic that lets everything pass until `delay` ms after it came to a connection, and then ends that, whatever goes on. */
export function afterAWhile(type: string, finish: (outlet: ToxicOutlet) => void): ToxicKind<Name> {
  return {
    type,
    attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
    start: (attributes, outlet) => new AfterAWhileStage(attributes, outlet, finish),
  };
}

class AfterAWhileStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  readonly #finish: (outlet: ToxicOutlet) => void;
  readonly #alarm: Alarm;
  readonly #fromMs: number;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet, finish: (outlet: ToxicOutlet) => void) {
    this.#outlet = outlet;
    this.#finish = finish;
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
    this.#alarm.close();
  }

  /** By a timer in any case: a connection that is being set up cannot be ended in the middle of that. */
  #wait(delayMs: number): void {
    this.#alarm.set(this.#fromMs + delayMs, () => {
      this.#outlet.altered(0);
      this.#finish(this.#outlet);
    });
  }
}
