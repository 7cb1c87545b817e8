/** Hands on pieces of what has come as few chunks as can be: a head and the body behind it came together, and leave together. */
export class JoinedWrites {
  readonly #write: (bytes: Buffer) => void;
  #pending: Buffer | undefined;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const before = this.#pending;
    if (!before) this.#pending = bytes;
    else if (before.buffer === bytes.buffer && before.byteOffset + before.length === bytes.byteOffset)
      this.#pending = Buffer.from(before.buffer, before.byteOffset, before.length + bytes.length);
    else {
      this.flush();
      this.#pending = bytes;
    }
  }

  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#write(pending);
  }
}
