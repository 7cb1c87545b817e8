import { HoldingStage } from './holding-stage.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'delay';

const heldBytes = 65_536;

/**
 * As if the server took `delay` ms to accept: nothing passes in either direction for so long after the toxic came to the connection, then
 * everything at once, and what follows without delay. The client's connect itself succeeds, as it does while a connection waits in the queue
 * of the system. `stream` says nothing.
 */
export const slowAccept: ToxicKind<Name> = {
  type: 'slow_accept',
  attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
  isTwoWay: true,
  start: (attributes, outlet) => new SlowAcceptStage(attributes, outlet),
};

class SlowAcceptStage extends HoldingStage<{ readonly chunk: Buffer }> implements ToxicStage<Name> {
  readonly #fromMs: number;
  #delayMs: number;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    super(outlet);
    this.#fromMs = outlet.clock.now();
    this.#delayMs = attributes.delay;
  }

  get full(): boolean {
    return this.held.weight >= heldBytes;
  }

  chunk(chunk: Buffer): void {
    if (this.#isOver()) {
      this.outlet.forward(chunk);
      return;
    }
    this.outlet.altered(chunk.length, 'delayed');
    this.held.push({ chunk });
    this.#wait();
  }

  end(): void {
    this.ended = true;
    if (this.#isOver()) {
      this.outlet.end();
      return;
    }
    this.outlet.altered(0);
    this.#wait();
  }

  update(attributes: Attributes<Name>): void {
    this.#delayMs = attributes.delay;
    if (this.held.first || this.ended) this.#wait();
  }

  #isOver(): boolean {
    return this.held.first === undefined && this.outlet.clock.now() >= this.#fromMs + this.#delayMs;
  }

  #wait(): void {
    this.alarm.setMoving(
      () => this.#fromMs + this.#delayMs,
      () => this.release(),
    );
  }
}
