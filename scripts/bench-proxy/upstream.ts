// The far end of every way that is measured, in a process of its own: an echo, a sink, a server of HTTP and one that writes without end.
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { eventEveryMs, monotonicNs } from './event-delays.ts';

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => resolve((server.address() as AddressInfo).port)),
  );
const tcp = (onSocket: (socket: Socket) => void): Promise<number> =>
  listen(
    createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => undefined);
      onSocket(socket);
    }),
  );

/** Server-sent events, each of which says when it was written. */
function sendEvents(response: ServerResponse, count: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    if (sent <= count) response.write(`data: ${monotonicNs()}\n\n`);
    else {
      clearInterval(timer);
      response.end('data: [DONE]\n\n');
    }
  }, eventEveryMs);
}

const block = Buffer.alloc(1_000_000, 'x');

/** A body of so many megabytes, as fast as it is taken. */
function sendBody(response: ServerResponse, megabytes: number): void {
  response.writeHead(200, { 'content-length': megabytes * block.length });
  Readable.from(Array.from({ length: megabytes }, () => block)).pipe(response);
}

const answer = block.subarray(0, 256);
process.send?.({
  echo: await tcp((socket) => socket.pipe(socket)),
  sink: await tcp((socket) => socket.resume()),
  // Answers when as many bytes have come as the first 16 of them say. Not at the sender's end: Toxiproxy closes both sides then.
  count: await tcp((socket) => {
    let bytes = 0;
    let wanted: number | undefined;
    socket.on('data', (chunk) => {
      wanted ??= Number(chunk.subarray(0, 16).toString());
      bytes += chunk.length;
      if (bytes >= wanted) socket.write(String(bytes));
    });
  }),
  http: await listen(
    createHttpServer(({ url = '' }, response) => {
      const [, what, count] = /^\/(events\?count|body\?megabytes)=(\d+)$/.exec(url) ?? [];
      if (what === undefined) response.end(answer);
      else if (what.startsWith('events')) sendEvents(response, Number(count));
      else sendBody(response, Number(count));
    }),
  ),
});
process.on('disconnect', () => process.exit());
