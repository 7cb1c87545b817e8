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

/** Where bytes come out of a pipe that has no socket. Whoever reads them takes everything at once. */
export class PipeOutlet implements PipeSink {
  readonly writableEnded = false;
  readonly writableNeedDrain = false;
  destroyed = false;
  /** Gets what comes out. */
  deliver: (chunk: Buffer) => void = () => undefined;

  on(): this {
    return this;
  }

  write(chunk: Buffer): boolean {
    this.deliver(chunk);
    return true;
  }

  end(): void {
    // See `PipeMouth.on`.
  }
}
