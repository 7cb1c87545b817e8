const nothing = Buffer.alloc(0);

/** Bytes that come piece by piece until they are whole: each is copied a few times in all, however many pieces there are. */
export class GrowingBytes {
  #memory: Buffer = nothing;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Buffer): void {
    const wanted = this.#length + bytes.length;
    if (wanted > this.#memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#memory.length));
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    bytes.copy(this.#memory, this.#length);
    this.#length = wanted;
  }

  /** All that is there, where it lies: what is added later does not change it. */
  view(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  /** Gives all away; it is empty then. */
  take(): Buffer {
    const all = this.view();
    this.#memory = nothing;
    this.#length = 0;
    return all;
  }
}
