import type { PGlite } from '@electric-sql/pglite';
import { errorResponse } from './error-response.ts';
import { overrideMethods } from './override-methods.ts';

/** What the socket server uses of a database. */
export type WireDatabase = Pick<PGlite, 'isInTransaction' | 'execProtocolRawStream' | 'exec' | 'execProtocolRaw'>;

/** Front-end messages that leave a batch open until a `Sync` ends it: Parse, Bind, Describe, Execute, Close, Flush. */
const opensBatch = new Set(Buffer.from('PBDECH'));
const sync = Uint8Array.of(0x53, 0, 0, 0, 4);

/**
 * Keeps the batches of different connections apart. pglite-socket takes turns message by message and keeps to one connection only within
 * a transaction, so that two connections' `Parse`, `Bind` and `Execute` can mix in the one session they share: errors, and now and then
 * another connection's rows (https://github.com/electric-sql/pglite/issues/1046). It asks `isInTransaction` whether only one may go on; here
 * that is also true in the middle of a batch. And an error of the engine itself is answered; thrown, it would stop the server's queue for
 * good (same issue).
 */
export function keepBatchesWhole<Database extends WireDatabase>(database: Database): Database {
  let batchIsOpen = false;

  const changed: WireDatabase = {
    isInTransaction: () => batchIsOpen || database.isInTransaction(),
    execProtocolRaw: (message, options) => database.execProtocolRaw(message, options),
    execProtocolRawStream: async (message, options) => {
      batchIsOpen = opensBatch.has(message[0] ?? 0);
      try {
        await database.execProtocolRawStream(message, options);
      } catch (cause) {
        batchIsOpen = false;
        options.onRawData(engineFailure(cause));
      }
    },
    // The server rolls back when a connection is lost. What is left of its batch has to end first: an engine that waits for the `Sync`
    // after an error skips everything else.
    exec: async (query, options) => {
      if (batchIsOpen) await database.execProtocolRaw(sync);
      batchIsOpen = false;
      return database.exec(query, options);
    },
  };

  return overrideMethods<WireDatabase>(database, changed) as Database;
}

/** XX000 is an internal error; `ReadyForQuery` follows it. */
function engineFailure(cause: unknown): Uint8Array {
  const message = `The embedded engine failed: ${cause instanceof Error ? cause.message : String(cause)}`;
  const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
  return Buffer.concat([errorResponse({ severity: 'ERROR', code: 'XX000', message }), readyForQuery]);
}
