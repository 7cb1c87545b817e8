import { pathToFileURL } from 'node:url';
import { siblingModule } from '../../../harness/kit/sibling-module.ts';
import type { PartSpec } from '../../../harness/world/types.ts';
import { qdrant } from '../qdrant/spec.ts';

/**
 * PostgreSQL with pgvector in memory, for any PostgreSQL client. All connections share one session of one engine: named prepared
 * statements and what `set` sets belong to all of them, queries run one at a time, and an open transaction keeps everyone else waiting until
 * it ends or its connection does. A session that says nothing for 0.6 s in the middle of a transaction, while others wait, is ended with
 * SQLSTATE 25P03, as by PostgreSQL's `idle_in_transaction_session_timeout`: a fault on the link of one client stays that client's.
 */
export function postgres(): PartSpec {
  return {
    name: 'vector-store',
    role: 'store',
    protocol: 'tcp',
    module: pathToFileURL(siblingModule(import.meta.url, './start-part')).href,
    settings: {},
    standIn: qdrant(),
    variables: { DATABASE_URL: 'postgres://postgres:postgres@{host}:{port}/postgres?sslmode=disable' },
  };
}
