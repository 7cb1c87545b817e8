import type { Random } from '../../kit/random.ts';
import { ChunkQueue } from '../chunk-queue.ts';
import { Pacer, type PlaceInLine } from '../pacer.ts';
import type { Attributes, ToxicKind, ToxicOutlet, ToxicStage } from './toxic.ts';

type Name = 'rate';

/** Each block of the stream has chance of its own, which is cheaper than one for each byte. */
const blockBytes = 1024;

/**
 * Flips one bit in a share `rate` of the bytes. Which ones depends on the seed and on the place in the stream, not on how the bytes came: from
 * one flipped byte to the next it goes by gaps with a geometric distribution, so that most bytes cost nothing. These gaps have no memory, and so begin
 * anew with each block, and with another rate at the byte that comes next.
 */
export const corrupt: ToxicKind<Name> = {
  type: 'corrupt',
  attributes: { rate: { from: 0, to: 1, unit: 'share', isFraction: true } },
  together:
    (_clock, { pacer }) =>
    (attributes, outlet) =>
      new CorruptStage(pacer, attributes, outlet),
  start: (attributes, outlet) => new CorruptStage(new Pacer(outlet.clock, () => undefined), attributes, outlet),
};

class CorruptStage implements ToxicStage<Name> {
  readonly #outlet: ToxicOutlet;
  /** What waits for its turn: a flip takes as long as hundreds of bytes that pass, and many connections take all the time that there is. */
  readonly #held = new ChunkQueue<{ readonly chunk: Buffer }>();
  readonly #turn: PlaceInLine;
  #ended = false;
  readonly #random: Random;
  #rate: number;
  /** Chance of the block, and where that ends. */
  #chance: Random;
  #blockEnd = 0;
  /** The next byte that is flipped, or where it has to be looked for on. */
  #next = 0;
  #isFlip = false;
  /** What that was drawn from. */
  #drawn = 0;
  /** Bytes that have come. */
  #offset = 0;

  constructor(pacer: Pacer, attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#turn = pacer.place(() => this.#passFirst());
    this.#outlet = outlet;
    this.#random = outlet.random;
    this.#chance = outlet.random;
    this.#rate = attributes.rate;
    this.#lookFrom(0);
  }

  get full(): boolean {
    return this.#held.first !== undefined;
  }

  chunk(chunk: Buffer): void {
    this.#held.push({ chunk });
    this.#turn.take();
  }

  #passFirst(): void {
    const { first } = this.#held;
    if (!first) return;
    this.#held.shift();
    this.#pass(first.chunk);
    if (this.#held.first) this.#turn.take();
    else if (this.#ended) this.#outlet.end();
  }

  #pass(chunk: Buffer): void {
    const from = this.#offset;
    this.#offset += chunk.length;
    let changed: Buffer | undefined;
    let flipped = 0;
    while (this.#next < this.#offset) {
      const place = this.#next;
      if (!this.#isFlip) {
        this.#lookFrom(place);
        continue;
      }
      // The bytes of others are not ours to change.
      changed ??= Buffer.from(chunk);
      const bit = this.#chance.integer(0, 7);
      changed[place - from] = (changed[place - from] ?? 0) ^ (1 << bit);
      this.#outlet.decided?.({ what: 'flip', place, drawn: this.#drawn, outcome: bit });
      flipped += 1;
      this.#lookFrom(place + 1);
    }
    if (flipped > 0) this.#outlet.altered(flipped, 'corrupted');
    this.#outlet.forward(changed ?? chunk);
  }

  end(): void {
    this.#ended = true;
    if (!this.#held.first) this.#outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    if (attributes.rate === this.#rate) return;
    this.#rate = attributes.rate;
    this.#lookFrom(this.#offset);
  }

  release(): void {
    for (const { chunk } of this.#held.drain()) this.#outlet.forward(chunk);
    if (this.#ended) this.#outlet.end();
  }

  discard(): void {
    this.#held.drain();
  }

  /** Finds the next byte that is flipped, up to the end of the block. */
  #lookFrom(place: number): void {
    if (place >= this.#blockEnd) {
      const block = Math.floor(place / blockBytes);
      this.#chance = this.#random.fork(`block ${block}`);
      this.#blockEnd = (block + 1) * blockBytes;
    }
    const next = place + this.#gap();
    this.#isFlip = next < this.#blockEnd;
    this.#next = Math.min(next, this.#blockEnd);
  }

  /** How many bytes stay as they are. */
  #gap(): number {
    if (this.#rate === 0) return Infinity;
    if (this.#rate === 1) return 0;
    this.#drawn = this.#chance.next();
    return Math.floor(Math.log1p(-this.#drawn) / Math.log1p(-this.#rate));
  }
}
