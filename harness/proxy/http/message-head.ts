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

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) (\S+) HTTP\/1\.[01]$/;
const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: .*)?$/;
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** @param text everything before the empty line, in latin1. Undefined where it is no head of that kind. */
export function readHead(kind: 'request' | 'response', text: string): MessageHead | undefined {
  const firstEnd = text.indexOf('\r\n');
  const first = firstEnd === -1 ? text : text.slice(0, firstEnd);
  const fields = readFields(firstEnd === -1 ? '' : text.slice(firstEnd + 2));
  if (!fields) return undefined;
  if (kind === 'request') {
    const [, method, target] = requestLine.exec(first) ?? [];
    return method === undefined || target === undefined ? undefined : { kind, method, target, fields };
  }
  const [, minor, status] = statusLine.exec(first) ?? [];
  return status === undefined ? undefined : { kind, status: Number(status), minor: Number(minor), fields };
}

/** Whether bytes begin as a request does; for connections of which the beginning has not been seen. */
export function beginsRequest(chunk: Buffer): boolean {
  const end = chunk.indexOf('\r\n');
  return end > 0 && end < 16_384 && requestLine.test(chunk.toString('latin1', 0, end));
}

/** Folded lines, which the standard forbids, and whatever else is no field make it undefined: such a message is left alone. */
function readFields(text: string): Fields | undefined {
  const values = new Map<string, string>();
  if (text !== '')
    for (const line of text.split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon <= 0) return undefined;
      const name = line.slice(0, colon);
      if (!fieldName.test(name)) return undefined;
      const key = name.toLowerCase();
      const value = line.slice(colon + 1).trim();
      const before = values.get(key);
      values.set(key, before === undefined ? value : `${before}, ${value}`);
    }
  return values;
}
