import type { Chunk } from './gated-stream.ts';

/** What is sent for a head, whatever is in it: a request line or a status line with the usual fields. */
export const headBytes = 256;

/** The last chunk of a body that is sent in chunks. */
export const lastChunk = Buffer.from('0\r\n\r\n');

const firstLines = { request: 'POST / HTTP/1.1', response: 'HTTP/1.1 200 OK' };

/**
 * What goes through a pipe in the place of a head. It says where the body ends, so that the receiver finds that, or does not, as on sockets:
 * also where bytes are missing before it, or have been changed.
 *
 * @param bodyBytes undefined: the body is sent in chunks
 */
export function headOf(kind: 'request' | 'response', bodyBytes: number | undefined): Buffer {
  const ending = bodyBytes === undefined ? 'transfer-encoding: chunked' : `content-length: ${bodyBytes}`;
  return Buffer.from(`${`${firstLines[kind]}\r\n${ending}\r\nx: `.padEnd(headBytes - 4, 'x')}\r\n\r\n`);
}

/** Some bytes of a body, at least one, as a chunk of the chunked coding (RFC 9112 section 7.1). */
export function chunkOf(piece: Chunk): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
}
