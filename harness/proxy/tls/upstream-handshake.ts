import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { LateSocket, type ReadTurns } from './late-socket.ts';
import { systemRoots } from './system-roots.ts';
import { tlsError } from './tls-error.ts';
import { certificatesIn, type UpstreamTls } from './tls-settings.ts';

/** What a proxy trusts of an upstream, read once for all its connections. */
export function upstreamContext({ ca }: UpstreamTls): SecureContext {
  return createSecureContext({ ca: ca === undefined ? [...systemRoots()] : certificatesIn(ca) });
}

/**
 * Speaks TLS with an upstream through `wire`, which is being connected. Nothing is sent before its certificate has been found in order;
 * each connection is checked, since no session is resumed.
 */
export function encrypt(
  wire: Socket,
  { context, name, turns }: { readonly context: SecureContext; readonly name: string; readonly turns: ReadTurns },
): LateSocket {
  const side = new LateSocket(wire, turns);
  wire.on('error', (cause: Error) => side.fail(cause));
  wire.once('connect', () => {
    const socket = connect({
      ...{ socket: wire, secureContext: context, rejectUnauthorized: true, ALPNProtocols: ['http/1.1'], host: name },
      // An address is no server name to ask for; the certificate has to name it all the same.
      ...(isIP(name) === 0 ? { servername: name } : {}),
    });
    // One of later is no failure of the handshake any more: that is established.
    socket.on('error', (cause: Error) => side.fail(new Error(`no TLS with it: ${tlsError(cause)}`, { cause })));
    socket.once('secureConnect', () => side.establish(socket));
  });
  return side;
}
