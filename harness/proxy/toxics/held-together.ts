/** A connection may hold so much, whatever the others hold. */
const leastBytes = 256 * 1024;

/** And so much, as long as all together hold less than `allBytes`. Toxiproxy's connections hold up to 1,024 chunks of 32 KiB each. */
const mostBytes = 32 * 1024 * 1024;
const allBytes = 128 * 1024 * 1024;

/** What the connections of a server hold for what is on its way. */
export class HeldTogether {
  #bytes = 0;

  /** One of them holds so much more, or less where it is negative. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Whether one that holds so much should take no more. */
  isEnough(bytes: number): boolean {
    return bytes >= mostBytes || (bytes >= leastBytes && this.#bytes >= allBytes);
  }
}
