// The far end of every way that is measured, in a process of its own: an echo, a sink, a server of HTTP and one that writes without end.
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

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

const body = Buffer.alloc(256, 'x');
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
  http: await listen(createHttpServer((_request, response) => response.end(body))),
});
process.on('disconnect', () => process.exit());
