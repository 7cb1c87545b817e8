import type { PipeSink, PipeSource } from '../../proxy/pipe.ts';

/** So much of what is sent goes on in one piece, as much as a socket reads at a time. */
const mostAtOnce = 65_536;

/** Where bytes are put into a pipe that has no socket. */
export class PipeMouth implements PipeSource {
  #onChunk: (chunk: Buffer) => void = () => undefined;
  #paused = false;
  #isClosed = false;
  readonly #waiting: (() => void)[] = [];

  on(event: 'data' | 'end', listener: ((chunk: Buffer) => void) | (() => void)): this {
    // The end of a stream is said by what is in it: connections are kept for the next request.
    if (event === 'data') this.#onChunk = listener;
    return this;
  }

  push(chunk: Buffer): void {
    if (!this.#isClosed) this.#onChunk(chunk);
  }

  /** Sends what is there at once, in pieces as large as a socket reads: the first at once, each other when it may be put in. */
  async send(bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; from += mostAtOnce) {
      if (this.#paused) await this.ready();
      this.push(bytes.subarray(from, from + mostAtOnce));
    }
  }

  /** The connection is gone: nothing goes in any more, and nobody waits. */
  close(): void {
    this.#isClosed = true;
    this.resume();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  /** Resolves when more may be put in. */
  async ready(): Promise<void> {
    if (this.#paused) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Where bytes come out of a pipe that has no socket. Whoever gets them takes everything at once, and says when that is too much. */
export class PipeOutlet implements PipeSink {
  readonly writableEnded = false;
  writableNeedDrain = false;
  destroyed = false;
  /** Gets what comes out. */
  deliver: (chunk: Buffer) => void = () => undefined;
  #onDrain: () => void = () => undefined;

  on(_event: 'drain', listener: () => void): this {
    this.#onDrain = listener;
    return this;
  }

  write(chunk: Buffer): boolean {
    this.deliver(chunk);
    return !this.writableNeedDrain;
  }

  /** Whether the sender should wait, since nobody has read what came out. */
  block(isBlocked: boolean): void {
    const wasBlocked = this.writableNeedDrain;
    this.writableNeedDrain = isBlocked;
    if (wasBlocked && !isBlocked) this.#onDrain();
  }

  end(): void {
    // See `PipeMouth.on`.
  }
}
