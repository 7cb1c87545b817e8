import { connect, createServer } from 'node:net';
import type { SecureContext } from 'node:tls';
import { messageOf } from '../kit/errors.ts';
import { formatAddress, parseAddress, resolveAddress } from './address.ts';
import { ApiError } from './api-error.ts';
import { Connection } from './connection.ts';
import type { OpenPort, PortSettings } from './port.ts';
import type { Side } from './side.ts';
import { acceptTls } from './tls/accept-tls.ts';
import { prepareTls } from './tls/prepare-tls.ts';
import { encrypt } from './tls/upstream-handshake.ts';

/** Opens a TCP port. */
export const openSocketPort: OpenPort = async (settings) => {
  const address = await resolveAddress(settings.listen);
  const { client: contexts, upstream: trusted } = await prepareTls(settings.tls, address.host);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    settings.accept((context) => {
      const upstream = dial(settings, trusted);
      if (upstream && contexts) return acceptTls({ wire: client, upstream, contexts, context });
      if (upstream) return new Connection({ client, upstream, ...context });
      client.destroy();
      return undefined;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(formatAddress(address), cause)));
    server.listen({ host: address.host, port: address.port }, resolve);
  });
  server.on('error', (cause) => settings.log(cause.message));
  const bound = server.address();
  const isBound = bound !== null && typeof bound === 'object';
  return {
    address: isBound ? formatAddress({ host: bound.address, port: bound.port }) : settings.listen,
    close: () => void server.close(),
  };
};

/** Undefined when the upstream is no address at all: Toxiproxy takes any text and finds out when it dials. */
function dial(settings: PortSettings, trusted: SecureContext | undefined): Side | undefined {
  try {
    const { host, port } = parseAddress(settings.upstream());
    const wire = connect({ host, port, allowHalfOpen: true, noDelay: true });
    if (!trusted) return wire;
    const name = settings.tls?.settings.upstream?.name ?? host;
    return encrypt(wire, { context: trusted, name, log: (line) => settings.log(line) });
  } catch (cause) {
    settings.log(`could not dial ${settings.upstream()}: ${messageOf(cause)}`);
    return undefined;
  }
}

const listenCauses: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

function listenError(address: string, cause: Error): ApiError {
  const code = 'code' in cause ? String(cause.code) : '';
  return new ApiError(500, `listen tcp ${address}: bind: ${listenCauses[code] ?? messageOf(cause)}`);
}
