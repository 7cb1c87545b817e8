import type { Socket } from 'node:net';
import { Connection } from '../connection.ts';
import { isAtHandshakes } from '../meeting.ts';
import type { ConnectionContext, LiveConnection } from '../port.ts';
import type { Side } from '../side.ts';
import { ClientHandshake } from './client-handshake.ts';
import type { ReadTurns } from './late-socket.ts';
import type { PortContexts } from './port-contexts.ts';

/** A connection whose client begins with a handshake. Toxics see what is inside of TLS; those of handshakes see what is before it. */
export function acceptTls(settings: {
  /** The TCP connection of the client. */
  readonly wire: Socket;
  readonly upstream: Side;
  readonly contexts: PortContexts;
  readonly context: ConnectionContext;
  readonly turns: ReadTurns;
  log(line: string): void;
}): LiveConnection {
  const { wire, upstream, contexts, context, turns } = settings;
  const handshake = new ClientHandshake(wire, {
    ...{ clock: context.clock, contexts, turns },
    failed: () => connection.close(),
    log: (line) => settings.log(line),
  });
  const meet: ConnectionContext['meet'] = (toxic) => {
    const meeting = context.meet(toxic);
    if (isAtHandshakes(meeting)) handshake.add(meeting);
    return meeting;
  };
  const connection = new Connection({ ...context, meet, client: handshake.side, upstream });
  return {
    add: (toxic) => connection.add(toxic),
    update: (toxic) => {
      connection.update(toxic);
      handshake.look();
    },
    remove: (toxic) => {
      connection.remove(toxic);
      handshake.remove(toxic);
    },
    close: () => connection.close(),
  };
}
