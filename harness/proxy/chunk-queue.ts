/** What a chunk costs beside its bytes: a million one-byte messages must not look like one megabyte. */
const overheadBytes = 256;

/** Bytes that are held back, first in, first out, each with when it came. */
export class ChunkQueue<Entry extends { readonly chunk: Buffer }> {
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How much memory that takes, about. */
  get weight(): number {
    return this.#bytes + (this.#entries.length - this.#head) * overheadBytes;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.chunk.length;
  }

  shift(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (!entry) return undefined;
    this.#head += 1;
    this.#bytes -= entry.chunk.length;
    // Taking from the front of an array moves all the rest, so the used part is cut off only once it is the larger one.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Puts what is left of the first in its place. */
  replaceFirst(entry: Entry): void {
    const first = this.#entries[this.#head];
    if (!first) return;
    this.#bytes += entry.chunk.length - first.chunk.length;
    this.#entries[this.#head] = entry;
  }

  /** Takes everything out, in order. */
  drain(): Entry[] {
    const entries = this.#entries.slice(this.#head);
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    return entries;
  }
}
