import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { seededRandom } from '../../harness/kit/random.ts';
import type { Link } from './soak-toxics.ts';

/** Echoes, and ends when its client has: with TLS where there are options for it. */
export const echo = (tls?: { cert: string; key: string }): string => `
  import { createServer } from 'node:${tls ? 'tls' : 'net'}';
  const options = { ...${JSON.stringify(tls ?? {})}, allowHalfOpen: true, noDelay: true };
  const server = createServer(options, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }));
  process.on('disconnect', () => process.exit());
`;

/** What is sent on a connection, and in how many pieces. */
export const piecesPerConnection = 4;
export const bytesPerConnection = 12_000;
/** Bytes that tell where in the stream of which connection they are from; no two stretches of it are alike. */
const content = ((): Buffer => {
  const random = seededRandom('content');
  return Buffer.from(Array.from({ length: bytesPerConnection + 10_000 }, () => random.integer(0, 255)));
})();

/** What a client has of its soak. */
export interface SoakClient {
  /** Between two pieces, or requests. */
  readonly pause: () => Promise<void>;
  /** Told of its connections. */
  readonly watch: (socket: Socket) => void;
}

/** Sends the content of one connection in pieces, with TLS where there is an authority to trust, and takes what comes back until it is over. */
export async function converse(
  number: number,
  { port, ca, pause, watch }: SoakClient & { readonly port: number; readonly ca?: string },
): Promise<{ received: Buffer; ended: boolean; errorCode: string | undefined }> {
  const options = { port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true };
  const socket: Socket = ca === undefined ? connect(options) : connectTls({ ...options, ca });
  watch(socket);
  const chunks: Buffer[] = [];
  let ended = false;
  let errorCode: string | undefined;
  socket.on('error', (cause: NodeJS.ErrnoException) => (errorCode = cause.code));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => {
    ended = true;
    socket.end();
  });
  const closed = once(socket, 'close').catch(() => undefined);
  const pieceBytes = bytesPerConnection / piecesPerConnection;
  for (let piece = 0; piece < piecesPerConnection; piece++) {
    const from = (number % 9973) + piece * pieceBytes;
    if (socket.writable) socket.write(content.subarray(from, from + pieceBytes));
    await pause();
  }
  if (socket.writable) socket.end();
  await closed;
  return { received: Buffer.concat(chunks), ended, errorCode };
}

/** What is wrong with what a connection got back; undefined when nothing is. */
export function problemOf(link: Link, number: number, received: Buffer): string | undefined {
  const sent = content.subarray(number % 9973, (number % 9973) + bytesPerConnection);
  if (received.length > sent.length) return `${received.length} bytes came back of ${sent.length}`;
  if (link === 'whole' || link === 'tls')
    return received.equals(sent.subarray(0, received.length)) ? undefined : 'not what was sent';
  if (link === 'gaps') return isWithGaps(received, sent) ? undefined : 'not what was sent with gaps';
  // At most two toxics at a time flip a bit each.
  const flipped = received.findIndex((byte, index) => bits(byte ^ (sent[index] ?? 0)) > 2);
  return flipped < 0 ? undefined : `more than two bits are flipped in byte ${flipped}`;
}

function bits(value: number): number {
  let count = 0;
  for (let left = value; left > 0; left >>= 1) count += left & 1;
  return count;
}

/** Whether it is what was sent with stretches left out. A stretch that stays is known by its next eight bytes, or by what is left of it. */
function isWithGaps(received: Buffer, sent: Buffer): boolean {
  let at = 0;
  let index = 0;
  while (index < received.length) {
    if (received[index] === sent[at]) {
      index += 1;
      at += 1;
      continue;
    }
    const next = sent.indexOf(received.subarray(index, index + 8), at);
    if (next < 0) return false;
    at = next;
  }
  return true;
}
