/** A body of server-sent events that is written from outside. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Sends text as it is; after the end it does nothing. */
  send(text: string): void;
  end(): void;
}

/** @param onCancel called when the reader goes away before the end. */
export function createEventStream(onCancel: () => void): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const body = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    cancel: () => {
      controller = null;
      onCancel();
    },
  });
  return {
    body,
    send: (text) => controller?.enqueue(Buffer.from(text)),
    end: () => {
      controller?.close();
      controller = null;
    },
  };
}
