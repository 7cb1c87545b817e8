import { apiErrors } from './api-error.ts';

/** Ten thousand proxies; to read more would hold up everything else for seconds. */
const mostBytes = 2 * 1024 * 1024;

/** The body of a request to the API as text. Throws an ApiError 413 where it is longer than 2 MiB. */
export async function bodyText(request: Request): Promise<string> {
  const { headers } = request;
  if (Number(headers.get('content-length') ?? 0) > mostBytes) throw apiErrors.bodyTooLong(mostBytes);
  // Only then its length is not known beforehand.
  if (!headers.has('transfer-encoding') || !request.body) return request.text();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw apiErrors.bodyTooLong(mostBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
