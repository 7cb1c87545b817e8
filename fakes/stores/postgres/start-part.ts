import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { GamedayError } from '../../../harness/kit/errors.ts';
import { Cleanup } from '../../../harness/kit/lifecycle.ts';
import type { StartPart } from '../../../harness/world/types.ts';
import { createJournal } from '../../part/journal.ts';
import { createPartFaults } from '../../part/part-faults.ts';
import { createPartAdmin } from '../../part/part-handler.ts';
import { endStalledSessions } from './end-stalled-sessions.ts';
import { keepBatchesWhole } from './keep-batches-whole.ts';
import { sessionsOfServer } from './sessions-of-server.ts';

/** More than every pool of a target, the harness, and a person with psql together; the engine works on one query at a time anyway. */
const maxConnections = 100;

/**
 * Starts PostgreSQL (PGlite, in memory) with pgvector behind a socket on 127.0.0.1; takes 2 to 4 s and 450 to 530 MB. The journal stays empty, as
 * the store does not read along. `state` gives `{ connections }`.
 */
export const startPart: StartPart = async (context) => {
  const cleanup = new Cleanup();
  try {
    const database = await PGlite.create({ extensions: { vector } });
    cleanup.add('the embedded database', () => database.close());
    await database.exec('create extension if not exists vector');
    const watched = endStalledSessions(keepBatchesWhole(database), {
      clock: context.clock,
      server: sessionsOfServer((): PGLiteSocketServer => server),
    });
    cleanup.add('the watch over its sessions', () => watched.stop());
    const server: PGLiteSocketServer = new PGLiteSocketServer({
      db: watched.database,
      host: '127.0.0.1',
      port: 0,
      maxConnections,
    });
    await server.start();
    cleanup.add('the socket of the embedded database', () => server.stop());
    const admin = createPartAdmin({
      journal: createJournal(context.name, context.clock),
      faults: createPartFaults({}, context.clock),
      state: () => ({ connections: server.getStats().activeConnections }),
    });
    return { port: portOf(server), fetch: (request) => admin.fetch(request), stop: () => cleanup.stop() };
  } catch (cause) {
    await cleanup.stop();
    throw new GamedayError('part-not-ready', `Could not start "${context.name}", the embedded PostgreSQL.`, { cause });
  }
};

function portOf(server: PGLiteSocketServer): number {
  return Number(server.getServerConn().split(':').at(-1));
}
