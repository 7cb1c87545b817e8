import type { Chunk, Reading } from './gated-stream.ts';

interface Waiting {
  readonly resolve: (reading: Reading) => void;
  readonly reject: (cause: unknown) => void;
}

/** What has come of a body and has not been read, and behind it the end, or why there is none. */
export class Arrivals {
  readonly #onRead: () => void;
  readonly #kept: Reading[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #isWhole = false;
  #onWhole: (() => void) | undefined;
  #failure: { readonly cause: unknown } | undefined;

  /** @param onRead told when something has been read; default nobody is */
  constructor(onRead: () => void = () => undefined) {
    this.#onRead = onRead;
  }

  /** How many bytes have not been read. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** Resolves when the end has come, or never. For one who waits. */
  whole(): Promise<void> {
    return this.#isWhole ? Promise.resolve() : new Promise((resolve) => (this.#onWhole = resolve));
  }

  put(reading: Reading): void {
    this.#kept.push(reading);
    this.#bytes += reading.value?.length ?? 0;
    if (reading.done) {
      this.#isWhole = true;
      this.#onWhole?.();
    }
    this.#serve();
  }

  /** Nothing comes any more: what has come can still be read. */
  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#serve();
  }

  /** What comes next. Rejects with why nothing does. */
  next(): Promise<Reading> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  #serve(): void {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      const reading = this.#kept.shift();
      if (!reading && !this.#failure) return;
      this.#waiting.shift();
      if (reading) {
        this.#bytes -= reading.value?.length ?? 0;
        first.resolve(reading);
        this.#onRead();
      } else first.reject(this.#failure?.cause);
    }
  }
}

/** A stream that asks for each reading when its reader does. */
export function streamOf(source: {
  readonly next: () => Promise<Reading>;
  readonly cancel: (reason: unknown) => void | Promise<void>;
}): ReadableStream<Chunk> {
  return new ReadableStream<Chunk>(
    {
      pull: async (controller) => {
        const reading = await source.next();
        if (reading.done) controller.close();
        else controller.enqueue(reading.value);
      },
      cancel: source.cancel,
    },
    { highWaterMark: 0 },
  );
}
