/** So much is handed on at once; what is joined by a copy is no more than this and one piece. */
const mostBytes = 65_536;

/**
 * Hands on pieces of what has come as few chunks as can be: a head and the body behind it came together, and leave together; of a stream of small
 * chunks, each of which would be a call of the system, thousands leave as a few.
 */
export class JoinedWrites {
  readonly #write: (bytes: Buffer) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const before = this.#pieces.at(-1);
    this.#bytes += bytes.length;
    if (before?.buffer === bytes.buffer && before.byteOffset + before.length === bytes.byteOffset)
      this.#pieces[this.#pieces.length - 1] = Buffer.from(
        before.buffer,
        before.byteOffset,
        before.length + bytes.length,
      );
    else this.#pieces.push(bytes);
    if (this.#bytes >= mostBytes) this.flush();
  }

  flush(): void {
    const [first, ...more] = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    if (first) this.#write(more.length === 0 ? first : Buffer.concat([first, ...more]));
  }
}
