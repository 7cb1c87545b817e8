import type { Chunk, Gate, Leaving, Reading, Source } from './gated-stream.ts';
import { mostUnreadBytes } from './most-unread-bytes.ts';
import type { PipeMouth, PipeOutlet } from './pipe-ends.ts';

/** The end of a body on the wire: the last chunk of the chunked coding (RFC 9112 section 7.1). It waits behind what was sent before it. */
const terminator = Buffer.from('0\r\n\r\n');

/** What a body needs of the connection that it comes through. */
export interface BodyWire {
  readonly mouth: PipeMouth;
  readonly outlet: PipeOutlet;
  /** Told of bytes that went to the reader past the pipe. */
  passed(bytes: number): void;
  /** All of it has been delivered. */
  ended(): void;
  /** The sender broke off. */
  broken(): void;
  /** The reader wants no more. */
  cancelled(): void;
}

/**
 * The body of a response on its way. While no toxic is done to the connection its reader reads the handler's stream itself; from the first
 * toxic on it is pumped through the pipe, as fast as the pipe takes it, so that chunks on their way overlap. Who sends it is paused as on
 * sockets: while a toxic holds as much as it should, and while too much has arrived that nobody has read.
 */
export class ResponseBody implements Gate {
  readonly #wire: BodyWire;
  #isPumped = false;
  #isPumping = false;
  #source: Source | undefined;
  #isReading = false;
  /** What has come out of the pipe and has not been read. */
  readonly #arrived: Reading[] = [];
  #arrivedBytes = 0;
  /** All of it has arrived: what is left to read holds up nobody, as the connection is free for the next exchange. */
  #hasArrived = false;
  #isFull = false;
  /** Bytes that were put into the pipe and have not come out of it: of the head, of the body, and of what marks its end. */
  #headInPipe = 0;
  #bodyInPipe = 0;
  #endInPipe = 0;
  #isWhole = false;
  #onHead: (() => void) | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #waiting: { resolve(reading: Reading): void; reject(cause: unknown): void } | undefined;

  constructor(wire: BodyWire) {
    this.#wire = wire;
  }

  read(source: Source): Promise<Reading> {
    this.#source = source;
    if (!this.#isPumped && !this.#failure && this.#arrived.length === 0) {
      this.#isReading = true;
      return source.read().then(this.#onDirect, this.#onBroken);
    }
    if (this.#isPumped) this.#startPump();
    return this.#nextArrived();
  }

  cancel(leaving: Leaving): Promise<void> {
    this.leave();
    return leaving.cancel();
  }

  /** The reader wants no more. */
  leave(): void {
    this.#wire.cancelled();
  }

  /** Sends what comes from now on through the pipe. */
  pump(): void {
    if (this.#isPumped) return;
    this.#isPumped = true;
    this.#wire.outlet.deliver = (chunk) => this.#deliver(chunk);
    if (!this.#isReading) this.#startPump();
  }

  /** Sends a head of so many bytes, and behind it all that `source` gives. Resolves when the head has arrived. */
  pumpAll(headBytes: number, source: Source): Promise<void> {
    this.#source = source;
    this.#headInPipe = headBytes;
    return new Promise((resolve) => {
      this.#onHead = resolve;
      // Reading takes a turn, so nothing of the body can come before the head.
      this.pump();
      this.#wire.mouth.push(Buffer.alloc(headBytes));
    });
  }

  /** The connection broke: what has arrived can still be read, then comes the error. Whoever sends is told that nobody reads on. */
  fail(cause: unknown): void {
    if (this.#failure) return;
    this.#failure = { cause };
    if (!this.#isWhole) this.#source?.cancel(cause).catch(() => undefined);
    // The pipe goes with the connection, and never asks for more: a pump that waits for that would be kept for good.
    this.#wire.mouth.resume();
    this.#serve();
  }

  readonly #onDirect = (reading: Reading): Reading | Promise<Reading> => {
    this.#isReading = false;
    if (this.#isPumped || this.#failure) {
      // Something happened to the connection meanwhile.
      this.#put(reading);
      this.#startPump();
      return this.#nextArrived();
    }
    if (reading.done) {
      this.#isWhole = true;
      this.#wire.ended();
    } else this.#wire.passed(reading.value.length);
    return reading;
  };

  readonly #onBroken = (): Promise<Reading> => {
    this.#isReading = false;
    this.#wire.broken();
    return this.#nextArrived();
  };

  #nextArrived(): Promise<Reading> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#serve();
    });
  }

  #startPump(): void {
    if (this.#isPumping || !this.#source) return;
    this.#isPumping = true;
    this.#pumpAll(this.#source).catch(() => this.#wire.broken());
  }

  async #pumpAll(source: Source): Promise<void> {
    while (!this.#isWhole && !this.#failure) {
      await this.#wire.mouth.ready();
      if (this.#hasFailed()) return;
      this.#put(await source.read());
    }
  }

  /** Asked again after waiting. */
  #hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  #put(reading: Reading): void {
    if (this.#failure) return;
    if (reading.done) {
      this.#isWhole = true;
      this.#endInPipe += terminator.length;
      this.#wire.mouth.push(terminator);
    } else {
      const { buffer, byteOffset, byteLength } = reading.value;
      this.#bodyInPipe += byteLength;
      this.#wire.mouth.push(Buffer.from(buffer, byteOffset, byteLength));
    }
  }

  #deliver(chunk: Buffer): void {
    const head = Math.min(chunk.length, this.#headInPipe);
    this.#headInPipe -= head;
    if (head > 0 && this.#headInPipe === 0) this.#onHead?.();
    const body = Math.min(chunk.length - head, this.#bodyInPipe);
    this.#bodyInPipe -= body;
    this.#endInPipe -= chunk.length - head - body;
    if (body > 0) this.#arrived.push({ done: false, value: new Uint8Array(chunk.subarray(head, head + body)) });
    this.#arrivedBytes += body;
    if (this.#isWhole && this.#bodyInPipe === 0 && this.#endInPipe === 0) {
      this.#arrived.push({ done: true, value: undefined });
      this.#hasArrived = true;
      this.#regulate();
      this.#wire.ended();
    }
    this.#serve();
    this.#regulate();
  }

  /** Only what changes is said: another exchange may have the pipe by now. */
  #regulate(): void {
    const isFull = !this.#hasArrived && this.#arrivedBytes >= mostUnreadBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#wire.outlet.block(isFull);
  }

  #serve(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    const reading = this.#arrived.shift();
    if (!reading && !this.#failure) return;
    this.#waiting = undefined;
    if (!reading) {
      waiting.reject(this.#failure?.cause);
      return;
    }
    this.#arrivedBytes -= reading.value?.length ?? 0;
    waiting.resolve(reading);
    this.#regulate();
  }
}

/** A response that is pumped from its first byte on: when its head has arrived, and the stream of its body, as it comes through the gate before it. */
export function pumpedStream(
  body: ResponseBody,
  stream: ReadableStream<Chunk>,
  { headBytes, gate }: { readonly headBytes: number; readonly gate: Gate },
): { headArrived: Promise<void>; stream: ReadableStream<Chunk> } {
  const reader = stream.getReader();
  const headArrived = body.pumpAll(headBytes, reader);
  const arriving = new ReadableStream<Chunk>(
    {
      pull: async (controller) => {
        const reading = await gate.read(reader);
        if (reading.done) controller.close();
        else controller.enqueue(reading.value);
      },
      cancel: (reason) => {
        body.leave();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { headArrived, stream: arriving };
}
