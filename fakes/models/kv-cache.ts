import type { EngineSettings } from './engine-settings.ts';

/** The blocks of the key-value cache: how many there are and how many are in use. */
export class KvCache {
  readonly #settings: EngineSettings;
  #total: number;
  #used = 0;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.#total = settings.kvBlocks;
  }

  /** Blocks that are there now: fewer than in the settings under memory pressure. */
  get total(): number {
    return this.#total;
  }

  get used(): number {
    return this.#used;
  }

  /** Leaves only a share of the blocks. What is in use beyond them shows in `overdrawn` until it is given back. */
  leaveShare(share: number): void {
    this.#total = Math.floor(this.#settings.kvBlocks * share);
  }

  get overdrawn(): boolean {
    return this.#used > this.#total;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.#settings.blockTokens);
  }

  /**
   * Whether a sequence that needs `blocks` may come in: the watermark must stay free, so that those inside can grow for a while. An empty
   * cache admits whatever fits, or a long prompt would wait for ever.
   */
  admits(blocks: number): boolean {
    const watermark = this.#used === 0 ? 0 : Math.floor(this.#total * this.#settings.watermarkShare);
    return this.#total - this.#used - blocks >= watermark;
  }

  /** Takes blocks if that many are free. */
  take(blocks: number): boolean {
    if (this.#total - this.#used < blocks) return false;
    this.#used += blocks;
    return true;
  }

  giveBack(blocks: number): void {
    this.#used -= blocks;
  }
}
