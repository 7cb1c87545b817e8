import { BegunHead, BegunTrailer, longestHead } from './begun-lines.ts';
import type { Framing } from './framing.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { readHead, type MessageHead } from './message-head.ts';

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
  #kept = new GrowingBytes();
  readonly #begunHead: BegunHead;
  readonly #begunTrailer = new BegunTrailer();
  /** Of the last chunk and the trailer, in what is being looked at. */
  #trailerBytes = 0;

  constructor(kind: 'request' | 'response', listener: FramerListener) {
    this.#kind = kind;
    this.#listener = listener;
    this.#begunHead = new BegunHead(kind);
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
    const joined = this.#kept.length > 0 ? this.#kept : undefined;
    if (joined) this.#kept = new GrowingBytes();
    joined?.add(chunk);
    let rest = joined?.view() ?? chunk;
    for (let isUntouched = true; rest.length > 0; isUntouched = false) {
      const used = this.#step(rest);
      if (used === 0) {
        if (joined && isUntouched) this.#kept = joined;
        else this.#kept.add(rest);
        return;
      }
      this.#begunHead.reset();
      this.#begunTrailer.reset();
      rest = rest.subarray(used);
    }
  }

  /** Nothing comes any more. */
  finish(): void {
    const kept = this.#kept.take();
    if (this.#state === 'until close') this.#done(kept);
    else if (kept.length > 0) this.#lose(kept);
  }

  /** No more messages are looked for. Gives the beginning of one that was not complete. */
  leave(): Buffer {
    this.#state = 'opaque';
    return this.#kept.take();
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
    const from = this.#begunHead.from(rest);
    const end = this.#begunHead.end(rest);
    const used = end + 4;
    if (end === -1) {
      if (rest.length >= longestHead || !this.#begunHead.couldGoOn(rest)) return this.#lose(rest);
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
    const used = this.#begunTrailer.length(rest, end + 2);
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
