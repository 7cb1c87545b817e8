type Chunk = Uint8Array<ArrayBuffer>;
type Reading = Awaited<ReturnType<ReadableStreamDefaultReader<Chunk>['read']>>;

/** The reader of the stream itself. */
export interface Source {
  read(): Promise<Reading>;
  cancel(reason?: unknown): Promise<void>;
}

/** What stands between a stream and its reader. */
export interface Gate {
  /** Asked for every read, with the stream's own reader. */
  read(source: Source): Promise<Reading>;
  cancelled(): void;
}

/**
 * Puts a gate before the reader of a stream, in place. Another stream around it would cost a hop for every chunk, which is most of what a
 * simulated link costs while nothing is wrong with it; so the stream's own ways of being read are replaced.
 */
export function gateStream(stream: ReadableStream<Chunk>, gate: Gate): void {
  const open = stream.getReader.bind(stream) as () => ReadableStreamDefaultReader<Chunk>;
  const getReader = (): ReadableStreamDefaultReader<Chunk> => {
    const reader = open();
    const source = { read: reader.read.bind(reader), cancel: reader.cancel.bind(reader) };
    return Object.assign(reader, {
      read: () => gate.read(source),
      cancel: (reason?: unknown) => {
        gate.cancelled();
        return source.cancel(reason);
      },
    });
  };
  const cancel = stream.cancel.bind(stream);
  const values = (): AsyncIterableIterator<Chunk> => chunksOf(getReader());
  Object.assign(stream, {
    getReader,
    values,
    [Symbol.asyncIterator]: values,
    cancel: (reason?: unknown) => {
      gate.cancelled();
      return cancel(reason);
    },
  });
}

/**
 * The chunks one after another. By hand, since an async generator takes three turns more for every chunk; and the lock of a stream that has
 * come to its end is not given back, as there is nothing more in it.
 */
function chunksOf(reader: ReadableStreamDefaultReader<Chunk>): AsyncIterableIterator<Chunk> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => reader.read() as Promise<IteratorResult<Chunk>>,
    return: async () => {
      await reader.cancel().catch(() => undefined);
      reader.releaseLock();
      return { done: true, value: undefined };
    },
  };
}
