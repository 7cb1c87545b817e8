import { Socket } from 'node:net';
import { PGLiteSocketHandler, type PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { z } from 'zod';
import type { SessionsOfServer } from './end-stalled-sessions.ts';

/** What pglite-socket (0.2.17) keeps to itself. Should another version keep it otherwise, this throws instead of finding nobody. */
const Insides = z.object({
  queryQueue: z.object({ lastHandlerId: z.number().nullable() }),
  handlers: z.set(z.instanceof(PGLiteSocketHandler)),
});
const HandlerInsides = z.object({ socket: z.instanceof(Socket).nullable() });

/** The sessions of a socket server, which is asked for when it is needed: it cannot be made before its database. */
export function sessionsOfServer(server: () => PGLiteSocketServer): SessionsOfServer {
  return {
    othersWait: () => server().getStats().queuedQueries > 0,
    dropHolder: () => {
      const { queryQueue, handlers } = Insides.parse(server());
      const holder = [...handlers].find((handler) => handler.handlerId === queryQueue.lastHandlerId);
      if (holder) HandlerInsides.parse(holder).socket?.destroy();
    },
  };
}
