import type { Timer } from '../../kit/clock.ts';
import { ChunkQueue } from '../chunk-queue.ts';
import type { Attributes, ToxicKind, ToxicOutlet, ToxicStage } from './toxic.ts';

type Name = 'rate';

/** Held at least, and 20 ms of the rate where that is more: a late timer then still finds enough to keep the line busy. */
const heldBytes = 65_536;
const busyMs = 20;

/** A chunk that takes longer than this is handed on in pieces, as Toxiproxy does. */
const pieceMs = 100;

/** Timers are no finer; a chunk that would be through in less goes on at once, and the line owes the difference. */
const timerMs = 1;

interface Held {
  readonly chunk: Buffer;
  readonly receivedMs: number;
}

/**
 * Lets `rate` KB/s through (1 KB = 1,000 bytes, so the rate is also bytes per millisecond), for each connection and direction by itself.
 * Rate 0 lets nothing through and loses nothing: the sender is slowed down until it stands still.
 */
export const bandwidth: ToxicKind<Name> = {
  type: 'bandwidth',
  attributes: { rate: { from: 0, to: 10_000_000, unit: 'KB/s' } },
  start: (attributes, outlet) => new BandwidthStage(attributes, outlet),
};

class BandwidthStage implements ToxicStage<Name> {
  readonly #outlet: ToxicOutlet;
  readonly #held = new ChunkQueue<Held>();
  #bytesPerMs: number;
  /** How much of the first chunk is through. */
  #sentOfFirst = 0;
  /** When the line is, or was, done with the last piece: an absolute schedule, so that late timers do not add up. */
  #lineFreeMs = 0;
  #ended = false;
  #timer: Timer | undefined;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#bytesPerMs = attributes.rate;
    this.#outlet = outlet;
  }

  get full(): boolean {
    return this.#held.weight >= Math.max(heldBytes, this.#bytesPerMs * busyMs);
  }

  chunk(chunk: Buffer): void {
    this.#held.push({ chunk, receivedMs: this.#outlet.clock.now() });
    if (!this.#timer) this.#handOn();
    if (this.#held.first) this.#outlet.altered(chunk.length, 'delayed');
  }

  end(): void {
    this.#ended = true;
    if (!this.#held.first) this.#outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#bytesPerMs = attributes.rate;
    // The time that passed at the old rate earns nothing at the new one.
    this.#lineFreeMs = Math.max(this.#lineFreeMs, this.#outlet.clock.now());
    this.#timer?.cancel();
    this.#handOn();
  }

  release(): void {
    this.#timer?.cancel();
    for (const { chunk } of this.#held.drain()) {
      this.#outlet.forward(this.#sentOfFirst === 0 ? chunk : chunk.subarray(this.#sentOfFirst));
      this.#sentOfFirst = 0;
    }
    if (this.#ended) this.#outlet.end();
  }

  discard(): void {
    this.#timer?.cancel();
    this.#held.drain();
  }

  #handOn(): void {
    this.#timer = undefined;
    for (let first = this.#held.first; first; first = this.#held.first) {
      // At rate 0 no timer is set: only an update or the removal moves what is held.
      if (this.#bytesPerMs === 0) return;
      const piece = first.chunk.subarray(this.#sentOfFirst, this.#sentOfFirst + this.#bytesPerMs * pieceMs);
      const throughMs = Math.max(this.#lineFreeMs, first.receivedMs) + piece.length / this.#bytesPerMs;
      const waitMs = throughMs - this.#outlet.clock.now();
      if (waitMs >= timerMs) {
        this.#timer = this.#outlet.clock.setTimer(() => this.#handOn(), Math.ceil(waitMs));
        return;
      }
      this.#lineFreeMs = throughMs;
      this.#sentOfFirst += piece.length;
      if (this.#sentOfFirst === first.chunk.length) {
        this.#held.shift();
        this.#sentOfFirst = 0;
      }
      this.#outlet.forward(piece);
    }
    if (this.#ended) this.#outlet.end();
  }
}
