import { HoldingStage } from './holding-stage.ts';
import { longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'timeout';

const heldBytes = 65_536;

/**
 * Resets the connection (RST on both sides) `timeout` ms after the first chunk, or the end, in its direction; that chunk is not passed
 * on. Unlike Toxiproxy's it also resets connections that were open before it was added; until the time has come it can be removed, and loses
 * nothing then, or updated, and the new time counts from the same chunk.
 */
export const resetPeer: ToxicKind<Name> = {
  type: 'reset_peer',
  attributes: { timeout: { from: 0, to: longestMs, unit: 'ms' } },
  start: (attributes, outlet) => new ResetPeerStage(attributes, outlet),
};

class ResetPeerStage extends HoldingStage<{ readonly chunk: Buffer }> implements ToxicStage<Name> {
  #timeoutMs: number;
  #firstMs: number | undefined;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    super(outlet);
    this.#timeoutMs = attributes.timeout;
  }

  get full(): boolean {
    return this.held.weight >= heldBytes;
  }

  chunk(chunk: Buffer): void {
    this.held.push({ chunk });
    this.#arm();
  }

  end(): void {
    this.ended = true;
    this.#arm();
  }

  /** It comes late, which is all that has been done to it. */
  override release(): void {
    if (this.#firstMs !== undefined) this.outlet.altered(this.held.bytes, 'delayed');
    super.release();
  }

  update(attributes: Attributes<Name>): void {
    this.#timeoutMs = attributes.timeout;
    if (this.#firstMs !== undefined) this.#wait(this.#firstMs);
  }

  #arm(): void {
    if (this.#firstMs !== undefined) return;
    this.#firstMs = this.outlet.clock.now();
    this.#wait(this.#firstMs);
  }

  #wait(firstMs: number): void {
    this.alarm.setMoving(
      () => firstMs + this.#timeoutMs,
      () => {
        this.outlet.altered(this.held.bytes, 'dropped');
        this.outlet.reset();
      },
    );
  }
}
