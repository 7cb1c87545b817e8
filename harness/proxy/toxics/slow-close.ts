import { Alarm } from './alarm.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'delay';

/** Hands on the end of the stream in its direction `delay` ms late; bytes pass at once. */
export const slowClose: ToxicKind<Name> = {
  type: 'slow_close',
  attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
  start: (attributes, outlet) => new SlowCloseStage(attributes, outlet),
};

class SlowCloseStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  readonly #alarm: Alarm;
  #delayMs: number;
  #endedMs: number | undefined;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#alarm = new Alarm(outlet.clock);
    this.#delayMs = attributes.delay;
  }

  chunk(chunk: Buffer): void {
    this.#outlet.forward(chunk);
  }

  end(): void {
    if (this.#delayMs > 0) this.#outlet.altered(0);
    this.#endedMs = this.#outlet.clock.now();
    this.#wait();
  }

  update(attributes: Attributes<Name>): void {
    this.#delayMs = attributes.delay;
    this.#wait();
  }

  release(): void {
    this.#alarm.cancel();
    if (this.#endedMs !== undefined) this.#outlet.end();
  }

  discard(): void {
    this.#alarm.close();
  }

  #wait(): void {
    const endedMs = this.#endedMs;
    if (endedMs === undefined) return;
    this.#alarm.setMoving(
      () => endedMs + this.#delayMs,
      () => this.#outlet.end(),
    );
  }
}
