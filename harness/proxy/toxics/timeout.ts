import { Alarm } from './alarm.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'timeout';

/**
 * A black hole: drops everything, and closes the connection after `timeout` ms of silence (each chunk starts the wait anew, as in Toxiproxy), at 0
 * never, and with the end of the sender in any case, as Toxiproxy does. Removing it closes the connections it was at: bytes are missing in them.
 */
export const timeout: ToxicKind<Name> = {
  type: 'timeout',
  attributes: { timeout: { from: 0, to: longestMs, unit: 'ms' } },
  start: (attributes, outlet) => new TimeoutStage(attributes, outlet),
};

class TimeoutStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  readonly #alarm: Alarm;
  #timeoutMs: number;
  #silentSinceMs: number;
  #isResting = false;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#alarm = new Alarm(outlet.clock);
    this.#timeoutMs = attributes.timeout;
    this.#silentSinceMs = outlet.clock.now();
    this.#wait();
  }

  chunk(chunk: Buffer): void {
    this.#outlet.altered(chunk.length, 'dropped');
    this.#silentSinceMs = this.#outlet.clock.now();
  }

  end(): void {
    this.#outlet.altered(0);
    // Clients that give up and come again would leave a connection each.
    this.#outlet.close();
  }

  rest(isResting: boolean): void {
    this.#isResting = isResting;
    this.#silentSinceMs = this.#outlet.clock.now();
    this.#wait();
  }

  update(attributes: Attributes<Name>): void {
    this.#timeoutMs = attributes.timeout;
    this.#silentSinceMs = this.#outlet.clock.now();
    this.#wait();
  }

  /** Not counted as altered: a black hole that nothing ever fell into has done nothing, although its removal closes. */
  release(): void {
    this.#alarm.cancel();
    this.#outlet.close();
  }

  discard(): void {
    this.#alarm.close();
  }

  /** One timer for the whole silence, looked at when it fires: a talkative sender sets no timer for each chunk. */
  #wait(): void {
    this.#alarm.cancel();
    if (this.#timeoutMs === 0 || this.#isResting) return;
    this.#alarm.setMoving(
      () => this.#silentSinceMs + this.#timeoutMs,
      () => {
        this.#outlet.altered(0);
        this.#outlet.close();
      },
    );
  }
}
