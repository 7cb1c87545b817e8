type Chunk = Uint8Array<ArrayBuffer>;
type Reading = Awaited<ReturnType<ReadableStreamDefaultReader<Chunk>['read']>>;

/** What stands between a stream and its reader. */
export interface Gate {
  /** Asked for every read, with the read of the stream itself. */
  read(next: () => Promise<Reading>): Promise<Reading>;
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
    const read = reader.read.bind(reader);
    const cancel = reader.cancel.bind(reader);
    return Object.assign(reader, {
      read: () => gate.read(read),
      cancel: (reason?: unknown) => {
        gate.cancelled();
        return cancel(reason);
      },
    });
  };
  const cancel = stream.cancel.bind(stream);
  const values = (): AsyncGenerator<Chunk> => chunksOf(getReader());
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

async function* chunksOf(reader: ReadableStreamDefaultReader<Chunk>): AsyncGenerator<Chunk> {
  let isDone = false;
  try {
    for (;;) {
      const result = await reader.read();
      if (result.done) break;
      yield result.value;
    }
    isDone = true;
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
