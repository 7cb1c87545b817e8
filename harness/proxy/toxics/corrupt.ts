import type { Random } from '../../kit/random.ts';
import { drawAt, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'rate';

/**
 * Flips one bit in a share `rate` of the bytes. Which ones depends on the seed and on the place in the stream, not on how the bytes came: from
 * one flipped byte to the next it goes by gaps with a geometric distribution, so that most bytes cost nothing. With another rate, a new gap begins at
 * the byte that comes next.
 */
export const corrupt: ToxicKind<Name> = {
  type: 'corrupt',
  attributes: { rate: { from: 0, to: 1, unit: 'share', isFraction: true } },
  start: (attributes, outlet) => new CorruptStage(attributes, outlet),
};

class CorruptStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  readonly #random: Random;
  #rate: number;
  /** How many bytes are still left as they are before the next one that is flipped. */
  #gap: number;
  /** What that was drawn from. */
  #drawn = 0;
  /** Bytes that have come. */
  #offset = 0;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#random = outlet.random;
    this.#rate = attributes.rate;
    this.#gap = this.#gapAt(0);
  }

  chunk(chunk: Buffer): void {
    if (this.#gap >= chunk.length) {
      this.#gap -= chunk.length;
      this.#offset += chunk.length;
      this.#outlet.forward(chunk);
      return;
    }
    // The bytes of others are not ours to change.
    const changed = Buffer.from(chunk);
    let flipped = 0;
    let place = this.#gap;
    for (; place < changed.length; place += 1 + this.#gapAt(this.#offset + place + 1)) {
      // Of its own chance: a byte without a gap before it would always get the same bits.
      const bit = this.#random.fork(`bit ${this.#offset + place}`).integer(0, 7);
      changed[place] = (changed[place] ?? 0) ^ (1 << bit);
      this.#outlet.decided?.({ what: 'flip', place: this.#offset + place, drawn: this.#drawn, outcome: bit });
      flipped += 1;
    }
    this.#gap = place - changed.length;
    this.#offset += changed.length;
    this.#outlet.altered(flipped, 'corrupted');
    this.#outlet.forward(changed);
  }

  end(): void {
    this.#outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    if (attributes.rate === this.#rate) return;
    this.#rate = attributes.rate;
    this.#gap = this.#gapAt(this.#offset);
  }

  release(): void {
    // Nothing is held.
  }

  discard(): void {
    // Nothing is held.
  }

  /** How many bytes stay as they are from that place of the stream on. */
  #gapAt(offset: number): number {
    if (this.#rate === 0) return Infinity;
    if (this.#rate === 1) return 0;
    this.#drawn = drawAt(this.#random, offset);
    return Math.floor(Math.log1p(-this.#drawn) / Math.log1p(-this.#rate));
  }
}
