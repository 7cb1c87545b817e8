import type { Timer } from '../../kit/clock.ts';
import { ChunkQueue } from '../chunk-queue.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'timeout';

const heldBytes = 65_536;

/**
 * Resets the connection (RST on both sides) `timeout` ms after the first chunk, or the end, in its direction; that chunk is not passed
 * on. Unlike Toxiproxy's it also resets connections that were open before it was added, and loses nothing if it is removed before that.
 */
export const resetPeer: ToxicKind<Name> = {
  type: 'reset_peer',
  attributes: { timeout: { from: 0, to: longestMs, unit: 'ms' } },
  start: (attributes, outlet) => new ResetPeerStage(attributes, outlet),
};

class ResetPeerStage implements ToxicStage<Name> {
  readonly #outlet: ToxicOutlet;
  readonly #held = new ChunkQueue<{ readonly chunk: Buffer }>();
  #timeoutMs: number;
  #firstMs: number | undefined;
  #ended = false;
  #timer: Timer | undefined;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#timeoutMs = attributes.timeout;
  }

  get full(): boolean {
    return this.#held.weight >= heldBytes;
  }

  chunk(chunk: Buffer): void {
    this.#held.push({ chunk });
    this.#arm();
  }

  end(): void {
    this.#ended = true;
    this.#arm();
  }

  update(attributes: Attributes<Name>): void {
    this.#timeoutMs = attributes.timeout;
    if (this.#firstMs !== undefined) this.#wait();
  }

  release(): void {
    this.#timer?.cancel();
    for (const { chunk } of this.#held.drain()) this.#outlet.forward(chunk);
    if (this.#ended) this.#outlet.end();
  }

  discard(): void {
    this.#timer?.cancel();
    this.#held.drain();
  }

  #arm(): void {
    if (this.#firstMs !== undefined) return;
    this.#firstMs = this.#outlet.clock.now();
    this.#wait();
  }

  #wait(): void {
    this.#timer?.cancel();
    const waitMs = (this.#firstMs ?? 0) + this.#timeoutMs - this.#outlet.clock.now();
    if (waitMs > 0) {
      this.#timer = this.#outlet.clock.setTimer(() => this.#wait(), Math.ceil(waitMs));
      return;
    }
    this.#outlet.altered(this.#held.bytes);
    this.#outlet.reset();
  }
}
