import { once } from 'node:events';
import { get, type RequestOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { issue, makeKeys, makeRoot, privateKeyOf } from '../../harness/proxy/tls/issue.ts';
import { Peer, realClock, type Bench, type TcpServer } from './support.ts';

const dayMs = 86_400_000;

/** The certificate of the authority of the proxy under test. */
export async function authorityOf(bench: Bench): Promise<string> {
  return (await bench.call('GET', '/gameday/authority')).text;
}

/** A certificate by an authority of the test's own, which nobody trusts unless he is told to. */
export interface Certified {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export async function certify(names: readonly string[] = ['localhost', '127.0.0.1']): Promise<Certified> {
  const valid = { fromMs: realClock.now() - dayMs, toMs: realClock.now() + dayMs };
  const issuer = await makeRoot('authority of a test', '01', valid);
  const keys = await makeKeys();
  const cert = await issue({ names, valid, serial: '02', keys, issuer });
  return { ca: issuer.pem, cert, key: privateKeyOf(keys) };
}

/** A server with TLS that keeps what connects to it. */
export async function startTls(
  bench: Bench,
  { cert, key }: Certified,
  onSocket: (socket: TLSSocket) => void,
  listenOn = 0,
): Promise<TcpServer> {
  const sockets: Socket[] = [];
  const server = createServer({ cert, key, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(listenOn, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return bench.cleanup.use('tls server', { port, address: `127.0.0.1:${port}`, sockets, stop });
}

/** A client's end of a connection with TLS to a port of loopback, its handshake done. Rejects with what is wrong with that. */
export async function dialTls(bench: Bench, port: number, options: ConnectionOptions): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  bench.cleanup.add('tls peer', () => void socket.destroy());
  const peer = new Peer(socket);
  await once(socket, 'secureConnect');
  return peer;
}

/** What a handshake comes to: `ok`, or the code by which Node names what is wrong. */
export async function handshakeOutcome(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  try {
    await once(socket, 'secureConnect');
    return 'ok';
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code ?? String(cause);
  } finally {
    socket.destroy();
  }
}

/** The body of an answer by https, on a connection of its own. */
export async function getText(options: RequestOptions): Promise<string> {
  const request = get({ host: '127.0.0.1', agent: false, ...options });
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** How many connections a proxy had that was never disabled: as many are dropped when it is. It is enabled again. */
export async function liveConnections(bench: Bench, proxy: string): Promise<number> {
  await bench.call('PATCH', `/proxies/${proxy}`, { enabled: false });
  const traffic = await bench.call<Record<string, { connectionsDropped: number }>>('GET', '/gameday/traffic');
  await bench.call('PATCH', `/proxies/${proxy}`, { enabled: true });
  return traffic.json[proxy]?.connectionsDropped ?? NaN;
}

/** Waits until all that has connected to a server is gone; somebody has to have been there. */
export async function untilDeserted(server: TcpServer): Promise<void> {
  const deserted = async (): Promise<true | undefined> =>
    server.sockets.length > 0 && server.sockets.every((socket) => socket.destroyed) ? true : undefined;
  await waitUntil(realClock, deserted, { what: 'the end of all connections', limitMs: 5_000 });
}
