import type { ToxicOutlet, ToxicStage } from './toxic.ts';

/** A direction in which nothing arrives any more: no byte, no end, no reset. */
export class DeadStage implements ToxicStage {
  readonly full = false;
  readonly #outlet: ToxicOutlet;

  constructor(outlet: ToxicOutlet) {
    this.#outlet = outlet;
  }

  chunk(chunk: Buffer): void {
    this.#outlet.altered(chunk.length, 'dropped');
  }

  end(): void {
    this.#outlet.altered(0);
  }

  broken(): true {
    this.#outlet.altered(0);
    return true;
  }

  update(): void {
    // There is nothing to change.
  }

  /** Not counted as altered: where nothing was sent in the meantime nothing was done, although the removal closes. */
  release(): void {
    this.#outlet.close();
  }

  discard(): void {
    // Nothing is held.
  }
}
