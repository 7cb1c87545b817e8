import { connect } from 'node:net';
import type { Address } from './address.ts';

/** A port that nobody listens on and nobody else is given. */
export interface HeldPort {
  release(): void;
}

/**
 * Keeps a port of which the listener has just been closed: a socket is bound to it and connects to itself, which TCP calls a simultaneous
 * open. Clients are refused, as nobody listens; no program that takes any free port is given this one; and a listener that is opened on it,
 * as the platform opens them (SO_REUSEADDR), has it at once. Where a system does not let a socket do that, the port is refused all the same.
 */
export function holdPort({ host, port }: Address): HeldPort {
  const socket = connect({ host, port, localAddress: host, localPort: port });
  socket.on('error', () => undefined);
  socket.unref();
  return {
    release: () => {
      if (socket.connecting) socket.destroy();
      // Reset, since a socket that was closed in good order would keep its port for another minute.
      else socket.resetAndDestroy();
    },
  };
}
