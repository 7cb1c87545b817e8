import { areFields, couldBegin, readHead, type MessageHead } from './message-head.ts';
import type { Framing } from './framing.ts';

/** Told of the messages in a stream of bytes. `raw` together is all that was fed, in order, nothing twice. */
export interface FramerListener {
  /** A head is there; says how its body ends. */
  head(head: MessageHead, raw: Buffer): Framing;
  /** More of a body: as it came, and without its framing. */
  body(raw: Buffer, pieces: readonly Buffer[]): void;
  /** The message is whole. `trailer` are the bytes that belong to it and carry no body, if there are any left. */
  end(trailer: Buffer): void;
  /** From here on it is no HTTP, or none that can be told where it ends: what is left, and later everything. */
  opaque(raw: Buffer): void;
}

/** No head is longer; servers refuse such of 8 to 64 KiB. */
const longestHead = 131_072;
/** A line with the size of a chunk, and its extensions. */
const longestSizeLine = 4096;
const sizeLine = /^(0*[0-9A-Fa-f]{1,13})[ \t]*(?:;[^\r\n\0]*)?$/;
const sizeLineBegun = /^0*[0-9A-Fa-f]{1,13}[ \t]*(?:;[^\r\n\0]*)?\r?$/;

type State = 'head' | 'length' | 'until close' | 'chunk size' | 'chunk data' | 'chunk end' | 'opaque';

const nothing = Buffer.alloc(0);

/** Finds the messages of HTTP/1.x in one direction of a connection, however its bytes are cut. It changes none, and keeps only the beginning of a head, a trailer or a line that is not complete. */
export class MessageFramer {
  readonly #kind: 'request' | 'response';
  readonly #listener: FramerListener;
  #state: State = 'head';
  /** Of the body, or of its present chunk. */
  #missing = 0;
  /** The beginning of a head or a line that is not complete. */
  #kept: Buffer = nothing;
  /** Of the last chunk and the trailer, in what is being looked at. */
  #trailerBytes = 0;

  constructor(kind: 'request' | 'response', listener: FramerListener) {
    this.#kind = kind;
    this.#listener = listener;
  }

  /** Between two messages, or in the head of one that is not complete. */
  get isAtRest(): boolean {
    return this.#state === 'head';
  }

  /** Holds the beginning of something. */
  get holds(): boolean {
    return this.#kept.length > 0;
  }

  feed(chunk: Buffer): void {
    let rest = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#kept = nothing;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        // Ten bytes must not keep the memory of all that was read with them.
        this.#kept = 4 * rest.length < rest.buffer.byteLength ? Buffer.from(rest) : rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** Nothing comes any more. */
  finish(): void {
    const kept = this.#kept;
    this.#kept = nothing;
    if (this.#state === 'until close') this.#done(kept);
    else if (kept.length > 0) this.#lose(kept);
  }

  /** No more messages are looked for. Gives the beginning of one that was not complete. */
  leave(): Buffer {
    const kept = this.#kept;
    this.#kept = nothing;
    this.#state = 'opaque';
    return kept;
  }

  /** How many bytes of `rest` are done with; 0: more are needed. */
  #step(rest: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(rest);
      case 'length': {
        const used = this.#plainBody(rest);
        if (this.#missing === 0) this.#done(nothing);
        return used;
      }
      case 'until close':
        this.#listener.body(rest, [rest]);
        return rest.length;
      case 'opaque':
        this.#listener.opaque(rest);
        return rest.length;
      default:
        return this.#chunks(rest);
    }
  }

  #head(rest: Buffer): number {
    // Empty lines before a request are to be passed over (RFC 9112 section 2.2).
    let from = 0;
    while (rest[from] === 13 && rest[from + 1] === 10) from += 2;
    const end = rest.indexOf('\r\n\r\n', from, 'latin1');
    const used = end + 4;
    if (end === -1) {
      if (rest.length >= longestHead || !couldBegin(this.#kind, rest, from)) return this.#lose(rest);
      return 0;
    }
    const head = used > longestHead ? undefined : readHead(this.#kind, rest.toString('latin1', from, end));
    if (!head) return this.#lose(rest);
    this.#begin(this.#listener.head(head, rest.subarray(0, used)));
    return used;
  }

  #begin(framing: Framing): void {
    switch (framing.kind) {
      case 'none':
        this.#done(nothing);
        break;
      case 'length':
        this.#missing = framing.bytes;
        this.#state = 'length';
        break;
      case 'chunked':
        this.#state = 'chunk size';
        break;
      case 'until close':
        this.#state = 'until close';
        break;
      default:
        this.#state = 'opaque';
    }
  }

  #plainBody(rest: Buffer): number {
    const raw = rest.length <= this.#missing ? rest : rest.subarray(0, this.#missing);
    this.#missing -= raw.length;
    this.#listener.body(raw, [raw]);
    return raw.length;
  }

  /** As many chunks as there are, told of together. */
  #chunks(rest: Buffer): number {
    const pieces: Buffer[] = [];
    let at = 0;
    let isLost = false;
    while (at < rest.length) {
      const used = this.#chunkStep(rest, at, pieces);
      if (used === -1) isLost = true;
      if (used <= 0) break;
      at += used;
      if (this.#state === 'head') {
        this.#tell(rest, at, pieces);
        return at;
      }
    }
    if (at > 0) this.#listener.body(rest.subarray(0, at), pieces);
    if (isLost) return at + this.#lose(rest.subarray(at));
    return at;
  }

  /** The end of the message is in the same bytes as what was left of its body. */
  #tell(rest: Buffer, at: number, pieces: readonly Buffer[]): void {
    const trailer = this.#trailerBytes;
    this.#trailerBytes = 0;
    const body = rest.subarray(0, at - trailer);
    if (body.length > 0) this.#listener.body(body, pieces);
    this.#listener.end(rest.subarray(at - trailer, at));
  }

  /** 0: more bytes are needed; -1: it is no chunked body. */
  #chunkStep(rest: Buffer, at: number, pieces: Buffer[]): number {
    switch (this.#state) {
      case 'chunk size':
        return this.#chunkSize(rest, at);
      case 'chunk data': {
        const piece = rest.subarray(at, Math.min(rest.length, at + this.#missing));
        pieces.push(piece);
        this.#missing -= piece.length;
        if (this.#missing === 0) this.#state = 'chunk end';
        return piece.length;
      }
      default: {
        if (rest[at] !== 13 || (at + 1 < rest.length && rest[at + 1] !== 10)) return -1;
        if (at + 1 >= rest.length) return 0;
        this.#state = 'chunk size';
        return 2;
      }
    }
  }

  #chunkSize(rest: Buffer, at: number): number {
    const feed = rest.indexOf('\n', at, 'latin1');
    const end = feed - 1;
    if (feed === -1)
      return rest.length - at >= longestSizeLine || !sizeLineBegun.test(rest.toString('latin1', at)) ? -1 : 0;
    if (end + 2 - at > longestSizeLine || rest[end] !== 13) return -1;
    const [, digits] = sizeLine.exec(rest.toString('latin1', at, end)) ?? [];
    if (digits === undefined) return -1;
    this.#missing = Number.parseInt(digits, 16);
    if (this.#missing > 0) {
      this.#state = 'chunk data';
      return end + 2 - at;
    }
    // The last chunk is told of together with the trailer, so it waits until that is whole.
    const used = lengthOfTrailer(rest, end + 2);
    if (used <= 0) return used;
    this.#trailerBytes = end + 2 - at + used;
    this.#state = 'head';
    return this.#trailerBytes;
  }

  #done(trailer: Buffer): void {
    this.#state = 'head';
    this.#listener.end(trailer);
  }

  #lose(rest: Buffer): number {
    this.#state = 'opaque';
    this.#listener.opaque(rest);
    return rest.length;
  }
}

/** Of the lines up to and with the empty one; 0 where that is not there yet, -1 where they are no fields. */
function lengthOfTrailer(rest: Buffer, at: number): number {
  if (rest[at] === 13 && rest[at + 1] === 10) return 2;
  // Every line has a CR LF before it that way, the first one that of the last chunk.
  const end = rest.indexOf('\r\n\r\n', at, 'latin1');
  const length = (end === -1 ? rest.length : end + 4) - at;
  if (end === -1) return length >= longestHead || !couldBeFields(rest, at) ? -1 : 0;
  return length > longestHead || !areFields(`\r\n${rest.toString('latin1', at, end)}`) ? -1 : length;
}

/** Whether lines that are not all there may be fields. */
function couldBeFields(rest: Buffer, at: number): boolean {
  const end = rest.lastIndexOf('\r\n', undefined, 'latin1');
  if (rest.indexOf('\n', Math.max(at, end + 2), 'latin1') !== -1) return false;
  return end < at || areFields(`\r\n${rest.toString('latin1', at, end)}`);
}
