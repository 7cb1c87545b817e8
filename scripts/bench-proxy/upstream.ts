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
  // Says how many bytes it has got when the sender has finished.
  count: await tcp((socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length)).on('end', () => socket.end(String(bytes)));
  }),
  http: await listen(createHttpServer((_request, response) => response.end(body))),
});
process.on('disconnect', () => process.exit());
