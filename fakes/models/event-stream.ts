import { pieceStream } from '../../harness/kit/piece-stream.ts';

/** A body of server-sent events that is written from outside. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Sends text as it is; after the end it does nothing. */
  send(text: string): void;
  end(): void;
}

/** @param onCancel called when the reader goes away before the end. */
export function createEventStream(onCancel: () => void): EventStream {
  const { stream, writer } = pieceStream({ cancel: onCancel });
  return {
    body: stream,
    send: (text) => writer.enqueue(Buffer.from(text)),
    end: () => writer.close(),
  };
}
