import { takePieceReader, type Piece as Chunk, type Reading } from '../../kit/piece-stream.ts';

export type { Chunk, Reading };

/** The reader of the stream itself. */
export interface Source {
  read(): Promise<Reading>;
  cancel(reason?: unknown): Promise<void>;
}

/** How a reader can leave a stream, by the stream's own ways. */
export interface Leaving {
  /** Cancels it: whoever makes the stream is told. */
  cancel(): Promise<void>;
  /** Without telling anybody: what is being read fails. Gives what cancels the stream later. */
  leave(): () => Promise<void>;
}

/** What stands between a stream and its reader. */
export interface Gate {
  /** Asked for every read, with the stream's own reader. */
  read(source: Source): Promise<Reading>;
  /** Asked when the reader wants no more. */
  cancel(leaving: Leaving): Promise<void>;
}

/**
 * Puts a gate before the reader of a stream, in place. Another stream around it would cost a hop for every chunk, which is most of what a
 * simulated link costs while nothing is wrong with it; so the stream's own ways of being read are replaced.
 */
export function gateStream(stream: ReadableStream<Chunk>, gate: Gate): void {
  const open = stream.getReader.bind(stream) as () => ReadableStreamDefaultReader<Chunk>;
  const cancel = stream.cancel.bind(stream);
  const pieces = takePieceReader(stream);
  const getReader = (): ReadableStreamDefaultReader<Chunk> => {
    const reader = open();
    const source = {
      read: pieces ? () => pieces.read() : reader.read.bind(reader),
      cancel: reader.cancel.bind(reader),
    };
    const releaseLock = reader.releaseLock.bind(reader);
    return Object.assign(reader, {
      releaseLock: () => {
        pieces?.letGo();
        releaseLock();
      },
      read: () => gate.read(source),
      cancel: (reason?: unknown) =>
        gate.cancel({
          cancel: () => source.cancel(reason),
          leave: () => {
            reader.releaseLock();
            return () => cancel(reason);
          },
        }),
    });
  };
  const values = (): AsyncIterableIterator<Chunk> => chunksOf(getReader());
  Object.assign(stream, {
    getReader,
    values,
    [Symbol.asyncIterator]: values,
    cancel: (reason?: unknown) => gate.cancel({ cancel: () => cancel(reason), leave: () => () => cancel(reason) }),
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
