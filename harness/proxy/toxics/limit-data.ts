import type { Attributes, ToxicKind, ToxicOutlet, ToxicStage } from './toxic.ts';

type Name = 'bytes';

/**
 * Passes `bytes` bytes on for each connection and direction, then ends the stream and closes the connection once they have been delivered.
 * 0 closes with the first chunk. What has passed counts for as long as the toxic is at the connection, also when the limit is changed; it is not while its toxicity is 0.
 */
export const limitData: ToxicKind<Name> = {
  type: 'limit_data',
  attributes: { bytes: { from: 0, to: Number.MAX_SAFE_INTEGER, unit: 'bytes' } },
  start: (attributes, outlet) => new LimitDataStage(attributes, outlet),
};

class LimitDataStage implements ToxicStage<Name> {
  readonly full = false;
  readonly #outlet: ToxicOutlet;
  #limit: number;
  #passed = 0;
  #isClosed = false;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    this.#outlet = outlet;
    this.#limit = attributes.bytes;
  }

  chunk(chunk: Buffer): void {
    if (this.#isClosed) return;
    const left = Math.max(0, this.#limit - this.#passed);
    const passing = chunk.length <= left ? chunk : chunk.subarray(0, left);
    if (passing.length > 0) this.#outlet.forward(passing);
    this.#passed += passing.length;
    if (this.#passed < this.#limit) return;
    this.#isClosed = true;
    this.#outlet.altered(chunk.length - passing.length, 'dropped');
    this.#outlet.closeBehind();
  }

  end(): void {
    if (!this.#isClosed) this.#outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#limit = attributes.bytes;
  }

  release(): void {
    // Nothing is held.
  }

  discard(): void {
    // Nothing is held.
  }
}
