/** The head of a request or a response of HTTP/1.x (RFC 9112), as far as a proxy needs it. Names of fields are in lower case. */
export interface Fields {
  /** The value of a field; several of one name are joined by `, `. Undefined where it is not there. */
  get(name: string): string | undefined;
}

export interface RequestHead {
  readonly kind: 'request';
  readonly method: string;
  /** As it was sent: a path with its query, or a whole URL. */
  readonly target: string;
  /** Minor version: 0 or 1. */
  readonly minor: number;
  readonly fields: Fields;
}

export interface ResponseHead {
  readonly kind: 'response';
  readonly status: number;
  /** Minor version: 0 or 1. */
  readonly minor: number;
  readonly fields: Fields;
}

export type MessageHead = RequestHead | ResponseHead;

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([^\x00-\x20\x7f]+) HTTP\/1\.([01])$/;
const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n\0]*)?$/;
/**
 * Folded lines, which the standard forbids, lines that end with LF alone and whatever else is no field: servers read such heads in different
 * ways, so that nobody can say where their message ends.
 */
const fieldLines = /^(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*)*$/;

/** @param text everything before the empty line, in latin1. Undefined where it is no head of that kind. */
export function readHead(kind: 'request' | 'response', text: string): MessageHead | undefined {
  const firstEnd = text.indexOf('\r\n');
  const first = firstEnd === -1 ? text : text.slice(0, firstEnd);
  const fields = readFields(firstEnd === -1 ? '' : text.slice(firstEnd));
  if (!fields) return undefined;
  if (kind === 'request') {
    const [, method, target, minor] = requestLine.exec(first) ?? [];
    if (method === undefined || target === undefined) return undefined;
    return { kind, method, target, minor: Number(minor), fields };
  }
  const [, minor, status] = statusLine.exec(first) ?? [];
  return status === undefined ? undefined : { kind, status: Number(status), minor: Number(minor), fields };
}

/** Whether lines, each with CR LF before it, are fields. */
export function areFields(text: string): boolean {
  return fieldLines.test(text);
}

/** Whether a line is one that a head of that kind begins with. */
export function isFirstLine(kind: 'request' | 'response', line: string): boolean {
  return (kind === 'request' ? requestLine : statusLine).test(line);
}

const knownMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'];

/**
 * Whether bytes begin with a whole line of a request with a usual method; for connections of which the beginning has not been seen. Less than a line may
 * be anything, and nobody must wait for the rest of what is none.
 */
export function mayBeginRequest(chunk: Buffer): boolean {
  const end = chunk.indexOf('\r\n', 0, 'latin1');
  if (end === -1) return false;
  const line = chunk.toString('latin1', 0, end);
  return requestLine.test(line) && knownMethods.some((method) => line.startsWith(`${method} `));
}

/** Of a target as it is sent: without its query, and without what stands before the path in a whole URL. */
export function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, '');
  const end = path.search(/[?#]/);
  return (end === -1 ? path : path.slice(0, end)) || '/';
}

function readFields(text: string): Fields | undefined {
  return fieldLines.test(text) ? new FieldLines(text) : undefined;
}

/** Fields as they stand in the head: few of them are ever asked for. */
class FieldLines implements Fields {
  readonly #text: string;
  readonly #lowerCase: string;

  /** @param text each line with CR LF before it */
  constructor(text: string) {
    this.#text = text;
    this.#lowerCase = text.toLowerCase();
  }

  get(name: string): string | undefined {
    const wanted = `\r\n${name}:`;
    let all: string | undefined;
    for (let at = this.#lowerCase.indexOf(wanted); at !== -1; at = this.#lowerCase.indexOf(wanted, at + 2)) {
      const end = this.#text.indexOf('\r\n', at + 2);
      const value = withoutBlanks(this.#text.slice(at + wanted.length, end === -1 ? undefined : end));
      all = all === undefined ? value : `${all}, ${value}`;
    }
    return all;
  }
}

/** Without spaces and tabs around it, which are all that may stand there. */
export function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (isBlank(text, from)) from += 1;
  while (to > from && isBlank(text, to - 1)) to -= 1;
  return text.slice(from, to);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9;
}
