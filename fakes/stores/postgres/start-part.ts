import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import type { StartPart } from '../../../harness/world/types.ts';
import { createJournal } from '../../part/journal.ts';
import { createPartFaults } from '../../part/part-faults.ts';
import { createPartAdmin } from '../../part/part-handler.ts';

/** More than every pool of a target, the harness, and a person with psql together. */
const maxConnections = 100;

/**
 * PGlite in memory, with pgvector, behind its socket server on a free port of 127.0.0.1. One process serves all connections one statement
 * at a time, and an open transaction keeps all others waiting: a target has to commit quickly.
 */
export const startPart: StartPart = async ({ name, clock }) => {
  const db = await PGlite.create({ extensions: { vector } });
  await db.exec('create extension if not exists vector');
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections });
  const port = await listen(server);
  const admin = createPartAdmin({ journal: createJournal(name, clock), faults: createPartFaults({}, clock) });
  return {
    port,
    fetch: admin.fetch,
    stop: async () => {
      await server.stop();
      await db.close();
    },
  };
};

/** Starts the server and gives the port that it was given. */
async function listen(server: PGLiteSocketServer): Promise<number> {
  const listening = new Promise<number>((resolve) => {
    server.addEventListener('listening', (event) => resolve((event as CustomEvent<{ port: number }>).detail.port), {
      once: true,
    });
  });
  await server.start();
  return listening;
}
