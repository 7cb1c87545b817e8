import { GrowingBytes } from '../growing-bytes.ts';
import type { EventFormat } from './event-format.ts';

const lineFeed = Buffer.from('\n');

/** An event that is longer is taken for none, and what follows passes as it is. */
const longestEvent = 16 * 1024 * 1024;

/**
 * Finds the events in a body, however its bytes are cut. An event has its end with it: the empty line, or the last checksum. Of an empty line of CR
 * LF behind a line that ends with CR, the LF comes with the next event, where it changes nothing.
 */
export class EventSplitter {
  readonly #format: EventFormat;
  readonly #kept = new GrowingBytes();
  /** How much of what is kept has been looked at already. */
  #seen = 0;
  /** What comes is no event any more. */
  #isLost = false;
  /** The last event ended with a CR, to which an LF may belong that is still to come. */
  #endedWithCr = false;

  constructor(format: EventFormat) {
    this.#format = format;
  }

  /** How many bytes of an event that is not complete are there. */
  get keptBytes(): number {
    return this.#kept.length;
  }

  /** Takes what is there of an event for none, and what follows, and gives it. */
  giveUp(): Buffer {
    this.#isLost = true;
    return this.#kept.take();
  }

  /** What is not complete. Asked at the end; it is given once. `isEvent` is false where it is but the LF of the last event's end. */
  rest(): { readonly bytes: Buffer; readonly isEvent: boolean } {
    this.#seen = 0;
    const bytes = this.#kept.take();
    return { bytes, isEvent: bytes.length > 0 && !(this.#endedWithCr && bytes.equals(lineFeed)) };
  }

  /** The events that are complete by these bytes, and what is no event behind them. */
  split(bytes: Buffer): { readonly events: readonly Buffer[]; readonly raw?: Buffer } {
    if (this.#isLost) return { events: [], raw: bytes };
    const isJoined = this.#kept.length > 0;
    if (isJoined) this.#kept.add(bytes);
    let rest = isJoined ? this.#kept.view() : bytes;
    const events: Buffer[] = [];
    for (let length = this.#lengthOf(rest); length !== undefined; length = this.#lengthOf(rest)) {
      events.push(rest.subarray(0, length));
      this.#endedWithCr = rest[length - 1] === 13;
      rest = rest.subarray(length);
      this.#seen = 0;
    }
    if (rest.length > longestEvent) this.#isLost = true;
    if (isJoined && events.length === 0 && !this.#isLost) return { events };
    this.#kept.take();
    if (this.#isLost) return { events, ...(rest.length > 0 ? { raw: rest } : {}) };
    this.#kept.add(rest);
    return { events };
  }

  #lengthOf(rest: Buffer): number | undefined {
    if (this.#isLost || rest.length === 0) return undefined;
    const length = this.#format === 'server-sent events' ? this.#lengthOfText(rest) : this.#lengthOfFrame(rest);
    if (length === undefined || length <= longestEvent) return length;
    this.#isLost = true;
    return undefined;
  }

  /** Up to and with the empty line; lines end with LF, CR LF or CR. */
  #lengthOfText(rest: Buffer): number | undefined {
    let at = this.#seen;
    while (at < rest.length) {
      const lineEnd = endOfLine(rest, at);
      if (lineEnd === undefined) {
        at += 1;
        continue;
      }
      // Where lines end with CR alone, the next CR is an empty line, whatever comes behind it: nobody has to wait for that.
      if (typeof lineEnd === 'number' && rest[lineEnd - 1] === 13 && rest[lineEnd] === 13) return lineEnd + 1;
      const end = lineEnd === 'unclear' || lineEnd >= rest.length ? 'unclear' : endOfLine(rest, lineEnd);
      // A CR at the end of what is there may be the half of a line's end: that is looked at again with the bytes behind it.
      if (lineEnd === 'unclear' || end === 'unclear') break;
      if (end !== undefined) return end;
      at = lineEnd;
    }
    this.#seen = at;
    return undefined;
  }

  /** The first four bytes of a frame are its whole length, its checksums included. */
  #lengthOfFrame(rest: Buffer): number | undefined {
    if (rest.length < 4) return undefined;
    const length = rest.readUInt32BE(0);
    // Prelude and checksums alone have sixteen bytes.
    if (length < 16) return Infinity;
    return length > longestEvent || rest.length >= length ? length : undefined;
  }
}

/** Where the line's end ends that begins at `at`; undefined where none does, `unclear` where one more byte has to be seen. */
function endOfLine(rest: Buffer, at: number): number | 'unclear' | undefined {
  if (rest[at] === 10) return at + 1;
  if (rest[at] !== 13) return undefined;
  if (at + 1 >= rest.length) return 'unclear';
  return rest[at + 1] === 10 ? at + 2 : at + 1;
}
