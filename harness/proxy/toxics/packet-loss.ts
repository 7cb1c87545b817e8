import { drawAt, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'loss_rate' | 'correlation';

/**
 * Drops chunks: each with `loss_rate`, and one right behind a dropped one with loss_rate + correlation, at most 1. That is what the type of this
 * name does in Toxiproxy, which has it since after 2.12.0, so a test means the same there. More than `loss_rate` of the chunks are lost where
 * they are correlated: loss_rate / (1 − correlation) on the long run, and at loss_rate + correlation ≥ 1 everything from the first loss on.
 * Chance goes by where a chunk begins in the stream, so that it does not shift with what came before.
 */
export const packetLoss: ToxicKind<Name> = {
  type: 'packet_loss',
  attributes: {
    loss_rate: { from: 0, to: 1, unit: 'share', isFraction: true },
    correlation: { from: 0, to: 1, unit: 'share', isFraction: true },
  },
  start: (attributes, outlet) => new PacketLossStage(attributes, outlet),
};

class PacketLossStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  #attributes: Attributes<Name>;
  #offset = 0;
  #lastLost = false;

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
    return this.#lastLost ? rate + correlation : rate;
  }
}
