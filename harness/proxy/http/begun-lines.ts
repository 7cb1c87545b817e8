import { areFields, isFirstLine } from './message-head.ts';

/** No head is longer, and no trailer; servers refuse such of 8 to 64 KiB. */
export const longestHead = 131_072;

const lineFeed = 10;
const carriageReturn = 13;

const requestLineBegun =
  /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,32}|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} (?:[^\x00-\x20\x7f]*|[^\x00-\x20\x7f]+ ([^\0\n]*)))$/;

/**
 * The head of a message that is not all there, looked at as it comes: nothing twice, however small its pieces are. What is looked at begins each time
 * with all that was there before.
 */
export class BegunHead {
  readonly #kind: 'request' | 'response';
  #from = 0;
  /** So much has been looked at. */
  #seen = 0;
  #hasFirstLine = false;
  /** A method and the beginning of a target have been seen up to here; 0 where they have not. */
  #targetTo = 0;

  constructor(kind: 'request' | 'response') {
    this.#kind = kind;
  }

  /** What is looked at next is another one. */
  reset(): void {
    this.#from = 0;
    this.#seen = 0;
    this.#hasFirstLine = false;
    this.#targetTo = 0;
  }

  /** Where it begins. Empty lines before a request are to be passed over (RFC 9112 section 2.2). */
  from(rest: Buffer): number {
    while (rest[this.#from] === carriageReturn && rest[this.#from + 1] === lineFeed) this.#from += 2;
    return this.#from;
  }

  /** Where the end of its last line is; -1 while the empty line behind that is not there. */
  end(rest: Buffer): number {
    return rest.indexOf('\r\n\r\n', Math.max(this.from(rest), this.#seen - 3), 'latin1');
  }

  /**
   * Whether what is there of it may become one: else there is no need to wait for its end. A head that `readHead` takes could begin with every part
   * of it.
   */
  couldGoOn(rest: Buffer): boolean {
    const from = this.from(rest);
    const seen = this.#seen;
    this.#seen = rest.length;
    if (hasBareLineFeed(rest, Math.max(from, seen), from)) return false;
    if (this.#hasFirstLine) return true;
    const firstEnd = rest.indexOf('\r\n', Math.max(from, seen - 1), 'latin1');
    if (firstEnd !== -1) {
      this.#hasFirstLine = isFirstLine(this.#kind, rest.toString('latin1', from, firstEnd));
      return this.#hasFirstLine;
    }
    // The half of an empty line.
    if (rest.length === from + 1 && rest[from] === carriageReturn) return true;
    if (this.#kind === 'response') return 'HTTP/1.'.startsWith(rest.toString('latin1', from, from + 7));
    return this.#isRequestLineBegun(rest, from);
  }

  #isRequestLineBegun(rest: Buffer, from: number): boolean {
    const begin = this.#targetTo > 0 ? `G x${rest.toString('latin1', this.#targetTo)}` : rest.toString('latin1', from);
    const [line, version = ''] = requestLineBegun.exec(begin) ?? [];
    if (line === undefined) return false;
    // For what comes next that is as good as what it is.
    if (/^[^ ]+ [^ ]+$/.test(begin)) this.#targetTo = rest.length;
    return /^HTTP\/1\.[01]\r$/.test(version + 'HTTP/1.1\r'.slice(version.length));
  }
}

/** The fields behind the last chunk of a body, looked at as they come, as `BegunHead` does. */
export class BegunTrailer {
  #seen = 0;
  /** Where the first line begins that is not all there. */
  #lineFrom = 0;

  /** What is looked at next is another one. */
  reset(): void {
    this.#seen = 0;
    this.#lineFrom = 0;
  }

  /** How long it is, from `at` on, up to and with the empty line; 0 where that is not there yet, -1 where they are no fields. */
  length(rest: Buffer, at: number): number {
    if (rest[at] === carriageReturn && rest[at + 1] === lineFeed) return 2;
    // Every line has a CR LF before it that way, the first one that of the last chunk.
    const end = rest.indexOf('\r\n\r\n', Math.max(at, this.#seen - 3), 'latin1');
    const length = (end === -1 ? rest.length : end + 4) - at;
    if (end === -1) return length >= longestHead || !this.#couldGoOn(rest, at) ? -1 : 0;
    return length > longestHead || !areFields(`\r\n${rest.toString('latin1', at, end)}`) ? -1 : length;
  }

  #couldGoOn(rest: Buffer, at: number): boolean {
    const from = Math.max(at, this.#seen);
    this.#seen = rest.length;
    if (hasBareLineFeed(rest, from, at)) return false;
    const lastFeed = rest.subarray(from).lastIndexOf(lineFeed);
    if (lastFeed === -1) return true;
    const lines = rest.toString('latin1', Math.max(at, this.#lineFrom), from + lastFeed - 1);
    this.#lineFrom = from + lastFeed + 1;
    return areFields(`\r\n${lines}`);
  }
}

/** Whether a line that begins at `from` or later ends with LF alone, as far as that has not been `seen`. */
function hasBareLineFeed(rest: Buffer, seen: number, from: number): boolean {
  for (let at = rest.indexOf(lineFeed, seen); at !== -1; at = rest.indexOf(lineFeed, at + 1))
    if (at === from || rest[at - 1] !== carriageReturn) return true;
  return false;
}
