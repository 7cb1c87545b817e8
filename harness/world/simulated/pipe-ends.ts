import type { PipeSink, PipeSource } from '../../proxy/pipe.ts';

/** Where bytes are put into a pipe that has no socket. */
export class PipeMouth implements PipeSource {
  #onChunk: (chunk: Buffer) => void = () => undefined;
  #paused = false;
  #onResume: (() => void) | undefined;

  on(event: 'data' | 'end', listener: ((chunk: Buffer) => void) | (() => void)): this {
    // The end of a stream is said by what is in it: connections are kept for the next request.
    if (event === 'data') this.#onChunk = listener;
    return this;
  }

  push(chunk: Buffer): void {
    this.#onChunk(chunk);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#onResume?.();
    this.#onResume = undefined;
  }

  /** Resolves when more may be put in. */
  async ready(): Promise<void> {
    if (this.#paused) await new Promise<void>((resolve) => (this.#onResume = resolve));
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
