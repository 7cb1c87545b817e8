import type { Clock, Timer } from '../../../harness/kit/clock.ts';
import { errorResponse } from './error-response.ts';
import type { WireDatabase } from './keep-batches-whole.ts';
import { overrideMethods } from './override-methods.ts';

/** So long a session may keep others waiting in silence. With the time between two looks and the rollback it stays below a second. */
const silentMs = 600;
const lookAgainMs = 50;

/** What the socket server in front of the database knows. */
export interface SessionsOfServer {
  /** Whether a message is held back because another session has the engine. */
  othersWait(): boolean;
  /** Drops the connection of the session that had the engine last; the server then rolls back what it has open. */
  dropHolder(): void;
}

const stalled = errorResponse({
  severity: 'FATAL',
  // idle_in_transaction_session_timeout: https://www.postgresql.org/docs/18/errcodes-appendix.html
  code: '25P03',
  message: `terminating connection due to idle-in-transaction timeout: the embedded PostgreSQL has one engine for all, and others waited ${silentMs} ms for this session`,
});

/**
 * Ends a session that says nothing in the middle of a transaction while others wait. In a real PostgreSQL each session has a backend of its
 * own; here a client behind a broken link would hold up everyone, and the fault of one link would be an outage of the whole store.
 */
export function endStalledSessions<Database extends WireDatabase>(
  database: Database,
  { clock, server }: { clock: Clock; server: SessionsOfServer },
): { readonly database: Database; stop(): void } {
  let timer: Timer | undefined;

  const watch = (answer: (data: Uint8Array) => void, waitMs: number): void => {
    timer = clock.setTimer(() => look(answer), waitMs);
  };
  const look = (answer: (data: Uint8Array) => void): void => {
    if (!database.isInTransaction()) return;
    if (!server.othersWait()) {
      watch(answer, lookAgainMs);
      return;
    }
    answer(stalled);
    server.dropHolder();
  };

  const changed: Partial<WireDatabase> = {
    execProtocolRawStream: async (message, options) => {
      timer?.cancel();
      await database.execProtocolRawStream(message, options);
      if (database.isInTransaction()) watch(options.onRawData, silentMs);
    },
  };
  return {
    database: overrideMethods<WireDatabase>(database, changed) as Database,
    stop: () => timer?.cancel(),
  };
}
