import { Pacer, type PlaceInLine } from '../pacer.ts';
import { HoldingStage } from './holding-stage.ts';
import { drawAt, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'average_size' | 'size_variation' | 'delay';

const heldBytes = 65_536;
/** Timers are no finer; a piece that is due in less goes on at once, and the next one is due that much later. */
const timerMs = 1;
const longestDelayUs = 60_000_000;
/** So many pieces are handed on in one go, some milliseconds' worth; then other connections have theirs, and everything else gets its turn. */
const piecesAtOnce = 500;

/**
 * Cuts the stream into pieces of `average_size` ± `size_variation` bytes, with `delay` µs between them. Where it is cut depends on the place
 * in the stream alone, not on how the bytes came; a piece that comes in parts is handed on in parts.
 */
export const slicer: ToxicKind<Name> = {
  type: 'slicer',
  attributes: {
    average_size: { from: 1, to: 1_048_576, unit: 'bytes' },
    size_variation: { from: 0, to: 1_048_575, unit: 'bytes' },
    delay: { from: 0, to: longestDelayUs, unit: 'µs' },
  },
  problems: ({ average_size: average, size_variation: variation }) =>
    variation < average
      ? []
      : [`attribute "size_variation" of slicer must be less than its average_size (${average}), not ${variation}`],
  together:
    (_clock, { pacer }) =>
    (attributes, outlet) =>
      new SlicerStage(pacer, attributes, outlet),
  start: (attributes, outlet) => new SlicerStage(new Pacer(outlet.clock, () => undefined), attributes, outlet),
};

interface Held {
  readonly chunk: Buffer;
  /** Of a chunk that a piece of has gone on before. */
  readonly isRest: boolean;
}

class SlicerStage extends HoldingStage<Held> implements ToxicStage<Name> {
  /** In turn with other connections: pieces of many small ones take all the time that there is. */
  readonly #turn: PlaceInLine;
  #attributes: Attributes<Name>;
  /** Where the next piece begins in the stream, and how much of it has yet to come. */
  #offset = 0;
  #leftOfPiece = 0;
  /** The next piece has been waited for. */
  #isLate = false;
  /** When the next piece may go on. */
  #nextMs = 0;

  constructor(pacer: Pacer, attributes: Attributes<Name>, outlet: ToxicOutlet) {
    super(outlet);
    this.#turn = pacer.place(() => {
      if (this.held.first) this.#go();
    });
    this.#attributes = attributes;
  }

  get full(): boolean {
    return this.held.weight >= heldBytes;
  }

  chunk(chunk: Buffer): void {
    // Time in which nothing was there to be sent earns nothing.
    if (!this.held.first) this.#nextMs = Math.max(this.#nextMs, this.outlet.clock.now());
    this.held.push({ chunk, isRest: false });
    if (!this.alarm.isSet) this.#turn.take();
  }

  end(): void {
    this.ended = true;
    if (!this.held.first) this.outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#attributes = attributes;
    this.#nextMs = Math.min(this.#nextMs, this.outlet.clock.now() + attributes.delay / 1000);
    this.alarm.cancel();
    this.#turn.take();
  }

  /** What is held comes late; the rest of a chunk of which a piece has gone on comes in other pieces, too. */
  override release(): void {
    const { first, bytes } = this.held;
    const restBytes = first?.isRest === true ? first.chunk.length : 0;
    if (restBytes > 0) this.outlet.altered(restBytes, 'cut');
    if (bytes > restBytes) this.outlet.altered(bytes - restBytes, 'delayed');
    super.release();
  }

  #go(): void {
    let pieces = 0;
    for (let first = this.held.first; first; first = this.held.first) {
      const nowMs = this.outlet.clock.now();
      const isEarly = this.#leftOfPiece === 0 && this.#nextMs - nowMs >= timerMs;
      if (isEarly || pieces >= piecesAtOnce) {
        if (isEarly) this.#isLate = true;
        this.alarm.set(isEarly ? this.#nextMs : nowMs, () => this.#turn.take());
        return;
      }
      pieces += 1;
      this.#pass(first);
    }
    if (this.ended) this.outlet.end();
  }

  /** Hands on as much as belongs to one piece. */
  #pass({ chunk, isRest }: Held): void {
    if (this.#leftOfPiece === 0) {
      this.#leftOfPiece = this.#pieceBytes();
      this.#nextMs += this.#attributes.delay / 1000;
    }
    const passing = chunk.subarray(0, this.#leftOfPiece);
    this.#leftOfPiece -= passing.length;
    this.#offset += passing.length;
    if (isRest || passing.length < chunk.length) this.outlet.altered(passing.length, 'cut');
    else if (this.#isLate) this.outlet.altered(passing.length, 'delayed');
    if (this.#leftOfPiece === 0) this.#isLate = false;
    // No longer held when it goes: the sender is resumed by what is left then, and may send at once.
    if (passing.length === chunk.length) this.held.shift();
    else this.held.replaceFirst({ chunk: chunk.subarray(passing.length), isRest: true });
    this.outlet.forward(passing);
  }

  #pieceBytes(): number {
    const { average_size: average, size_variation: variation } = this.#attributes;
    if (variation === 0) return average;
    const drawn = drawAt(this.outlet.random, this.#offset);
    const bytes = average - variation + Math.floor(drawn * (2 * variation + 1));
    this.outlet.decided?.({ what: 'piece', place: this.#offset, drawn, outcome: bytes });
    return bytes;
  }
}
