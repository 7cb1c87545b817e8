import { drawAt, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'loss_rate' | 'correlation';

/**
 * Drops chunks, `loss_rate` of them on average, in runs: a Gilbert channel of two states (Gilbert, "Capacity of a burst-noise channel", 1960),
 * of which one drops everything. `correlation` is that of neighbouring chunks: after a dropped chunk the next one is dropped with
 * loss_rate + correlation · (1 − loss_rate), after another with loss_rate · (1 − correlation), which leaves the average as it is. The first
 * chunk goes by the average. Chance goes by where a chunk begins in the stream, so that it does not shift with what came before.
 */
export const packetLoss: ToxicKind<Name> = {
  type: 'packet_loss',
  attributes: {
    loss_rate: { from: 0, to: 1, unit: 'share', default: 0.1, isFraction: true },
    correlation: { from: 0, to: 1, unit: 'share', isFraction: true },
  },
  start: (attributes, outlet) => new PacketLossStage(attributes, outlet),
};

class PacketLossStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  #attributes: Attributes<Name>;
  #offset = 0;
  #lastLost: boolean | undefined;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#attributes = attributes;
  }

  chunk(chunk: Buffer): void {
    const drawn = drawAt(this.#outlet.random, this.#offset);
    const isLost = drawn < this.#chance();
    this.#outlet.decided?.({ what: 'loss', place: this.#offset, drawn, outcome: isLost });
    this.#offset += chunk.length;
    this.#lastLost = isLost;
    if (isLost) this.#outlet.altered(chunk.length, 'dropped');
    else this.#outlet.forward(chunk);
  }

  end(): void {
    this.#outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#attributes = attributes;
  }

  release(): void {
    // Nothing is held.
  }

  discard(): void {
    // Nothing is held.
  }

  #chance(): number {
    const { loss_rate: rate, correlation } = this.#attributes;
    if (this.#lastLost === undefined) return rate;
    return this.#lastLost ? rate + correlation * (1 - rate) : rate * (1 - correlation);
  }
}
