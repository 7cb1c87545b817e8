import { STATUS_CODES } from 'node:http';
import type { RequestFault } from './http-toxic.ts';

/** An answer on the wire, with its length. One to `HEAD`, and of a status that has no content, comes without its body. */
export function answerBytes(
  { status, headers, body }: Extract<RequestFault, { kind: 'answer' }>,
  { method, closes, nowMs }: { readonly method: string; readonly closes: boolean; readonly nowMs: number },
): Buffer {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (!headers.has('date')) lines.push(`date: ${new Date(nowMs).toUTCString()}`);
  // RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5: of these, 205 alone says that there is none.
  const hasContent = status !== 204 && status !== 205 && status !== 304;
  if (status === 205) lines.push('content-length: 0');
  else if (hasContent && !headers.has('content-length')) lines.push(`content-length: ${body.length}`);
  if (closes) lines.push('connection: close');
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return method === 'HEAD' || !hasContent ? head : Buffer.concat([head, body]);
}

/** Fields of a head, by their names in lower case, that are left out, and lines that are put behind the others. */
export interface HeadChange {
  readonly without: readonly string[];
  readonly with: readonly string[];
}

/** A head without some of its fields, and with others. */
export function changedHead(raw: Buffer, change: HeadChange): Buffer {
  const [first = '', ...lines] = raw.toString('latin1', 0, raw.length - 4).split('\r\n');
  const kept = lines.filter((line) => !change.without.includes(line.slice(0, line.indexOf(':')).toLowerCase()));
  return Buffer.from(`${[first, ...kept, ...change.with].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Bytes as one chunk of the chunked coding (RFC 9112 section 7.1). */
export function asChunk(bytes: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'),
    bytes,
    Buffer.from('\r\n', 'latin1'),
  ]);
}

export const lastChunk = Buffer.from('0\r\n\r\n', 'latin1');
