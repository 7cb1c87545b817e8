import { framingOf } from '../../proxy/http/framing.ts';
import { MessageFramer } from '../../proxy/http/message-framer.ts';
import { Arrivals, streamOf } from './arrivals.ts';
import type { Chunk, Gate, Leaving, Reading, Source } from './gated-stream.ts';
import { mostUnreadBytes } from './most-unread-bytes.ts';
import type { PipeMouth, PipeOutlet } from './pipe-ends.ts';
import { chunkOf, headOf, lastChunk } from './wire-messages.ts';

/** What a body needs of the connection that it comes through. */
export interface BodyWire {
  readonly mouth: PipeMouth;
  readonly outlet: PipeOutlet;
  /** How long the head says that the body is; undefined: it is sent in chunks. Asked where it goes through the pipe. */
  saidBytes(): number | undefined;
  /** Told of bytes that went to the reader past the pipe. */
  passed(bytes: number): void;
  /** All of it has been delivered. */
  ended(): void;
  /** The sender broke off. */
  broken(): void;
  /** What came is no HTTP, or none of which can be told where it ends: `why` is what the platform's parser says of it. */
  garbled(why: string): void;
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
  /** What has come out of the pipe; undefined while nothing has. */
  #arrivals: Arrivals | undefined;
  /** All of it has arrived: what is left to read holds up nobody, as the connection is free for the next exchange. */
  #hasArrived = false;
  #isFull = false;
  /** How much was read past the pipe. */
  #directBytes = 0;
  /** How much has yet to be sent, where the head says how much there is. */
  #leftBytes: number | undefined;
  /** All of it has been sent. */
  #isWhole = false;
  #isBroken = false;
  #onHead: (() => void) | undefined;

  constructor(wire: BodyWire) {
    this.#wire = wire;
  }

  read(source: Source): Promise<Reading> {
    this.#source = source;
    if (!this.#isPumped && !this.#isBroken) {
      this.#isReading = true;
      return source.read().then(this.#onDirect, this.#onBroken);
    }
    if (this.#isPumped) this.#startPump();
    return this.#arrived.next();
  }

  cancel(leaving: Leaving): Promise<void> {
    this.leave();
    return leaving.cancel();
  }

  /** The reader wants no more. */
  leave(): void {
    this.#wire.cancelled();
  }

  /** Sends what comes from now on through the pipe. Its head has arrived. */
  pump(): void {
    if (this.#isPumped) return;
    const head = this.#begin();
    this.#wire.outlet.deliver(head);
    if (!this.#isReading) this.#startPump();
  }

  /**
   * Sends a head, with what is there at once, and behind it all that `source` gives. Resolves when the head has arrived.
   */
  pumpAll(source: Source, first: Buffer = Buffer.alloc(0)): Promise<void> {
    this.#source = source;
    return new Promise((resolve) => {
      this.#onHead = resolve;
      const head = this.#begin();
      if (this.#leftBytes !== undefined) this.#leftBytes -= first.length;
      void this.#wire.mouth.send(Buffer.concat([head, first]));
      this.#startPump();
    });
  }

  /** The connection broke: what has arrived can still be read, then comes the error. Whoever sends is told that nobody reads on. */
  fail(cause: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    if (!this.#isWhole) this.#source?.cancel(cause).catch(() => undefined);
    this.#arrived.fail(cause);
  }

  readonly #onDirect = (reading: Reading): Reading | Promise<Reading> => {
    this.#isReading = false;
    if (this.#isPumped || this.#isBroken) {
      // Something happened to the connection meanwhile.
      this.#put(reading);
      this.#startPump();
      return this.#arrived.next();
    }
    if (reading.done) {
      this.#isWhole = true;
      this.#wire.ended();
    } else {
      this.#directBytes += reading.value.length;
      this.#wire.passed(reading.value.length);
    }
    return reading;
  };

  readonly #onBroken = (): Promise<Reading> => {
    this.#isReading = false;
    this.#breakOff();
    return this.#arrived.next();
  };

  get #arrived(): Arrivals {
    return (this.#arrivals ??= new Arrivals(() => this.#regulate()));
  }

  #startPump(): void {
    if (this.#isPumping || !this.#source) return;
    this.#isPumping = true;
    this.#pumpAll(this.#source).catch(() => this.#breakOff());
  }

  async #pumpAll(source: Source): Promise<void> {
    while (!this.#isWhole && !this.#isBroken) {
      await this.#wire.mouth.ready();
      if (this.#hasBroken()) return;
      this.#put(await source.read());
    }
  }

  /** Asked again after waiting. */
  #hasBroken(): boolean {
    return this.#isBroken;
  }

  /** Puts what was read into the pipe. Beyond what the head says nobody would read. */
  #put(reading: Reading): void {
    if (this.#isBroken) return;
    if (reading.done) this.#putEnd();
    else if (this.#leftBytes === undefined) {
      if (reading.value.length > 0) this.#wire.mouth.push(chunkOf(reading.value));
    } else {
      const { buffer, byteOffset, length } = reading.value.subarray(0, this.#leftBytes);
      this.#leftBytes -= length;
      if (length > 0) this.#wire.mouth.push(Buffer.from(buffer, byteOffset, length));
    }
  }

  #putEnd(): void {
    this.#isWhole = true;
    if (this.#leftBytes === undefined) this.#wire.mouth.push(lastChunk);
    // Whoever was promised more waits for it until the connection is closed, which is done at once.
    else if (this.#leftBytes > 0) this.#breakOff();
  }

  /** The sender broke off. Where all has arrived that the head says, that is nothing to whoever has the connection by now. */
  #breakOff(): void {
    if (!this.#hasArrived) this.#wire.broken();
  }

  /** From here on what comes out of the pipe is read as a client reads it. Gives the head that has to come first. */
  #begin(): Buffer {
    this.#isPumped = true;
    const saidBytes = this.#wire.saidBytes();
    this.#leftBytes = saidBytes === undefined ? undefined : Math.max(0, saidBytes - this.#directBytes);
    const framer = this.#framer();
    this.#wire.outlet.deliver = (chunk) => {
      framer.feed(chunk);
      this.#regulate();
    };
    return headOf('response', this.#leftBytes);
  }

  #framer(): MessageFramer {
    let hasHead = false;
    return new MessageFramer('response', {
      head: (head) => {
        hasHead = true;
        this.#onHead?.();
        return framingOf(head, '');
      },
      body: (_raw, pieces) => {
        for (const piece of pieces) this.#arrived.put({ done: false, value: new Uint8Array(piece) });
      },
      end: () => this.#end(),
      opaque: () => this.#wire.garbled(hasHead ? 'Invalid character in chunk size' : 'Expected HTTP/, RTSP/ or ICE/'),
    });
  }

  #end(): void {
    this.#hasArrived = true;
    this.#arrived.put({ done: true, value: undefined });
    this.#regulate();
    this.#wire.ended();
  }

  /** Only what changes is said: another exchange may have the pipe by now. */
  #regulate(): void {
    const isFull = !this.#hasArrived && this.#arrived.bytes >= mostUnreadBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#wire.outlet.block(isFull);
  }
}

/** A response that is pumped from its first byte on: when its head has arrived, and the stream of its body, as it comes through the gate before it. */
export function pumpedStream(
  body: ResponseBody,
  { source, first, gate }: { readonly source: Source; readonly first?: Buffer | undefined; readonly gate: Gate },
): { headArrived: Promise<void>; stream: ReadableStream<Chunk> } {
  const headArrived = body.pumpAll(source, first);
  const stream = streamOf({
    next: () => gate.read(source),
    cancel: (reason) => {
      body.leave();
      return source.cancel(reason);
    },
  });
  return { headArrived, stream };
}
