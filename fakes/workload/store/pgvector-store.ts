import { bulkhead } from 'cockatiel';
import pg from 'pg';
import type { Passage, Store, StoredDocument } from './store.ts';

export interface PgvectorSettings {
  readonly url: string;
  readonly dimension: number;
  /** Connections; default 6. Ingestion gets 2 of them, so that it cannot keep questions from searching. */
  readonly connections?: number;
}

/**
 * Documents in PostgreSQL with pgvector. Every statement commits by itself: there are no transactions to hold open, and no named
 * statements, so that it also works behind a pooler. Search is exact: for a few thousand rows that is faster than keeping an index.
 */
export function createPgvectorStore(settings: PgvectorSettings): Store {
  const connections = settings.connections ?? 6;
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: connections,
    connectionTimeoutMillis: 3000,
    query_timeout: 5000,
    application_name: 'gameday-workload',
  });
  // A connection that breaks while nobody uses it is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  const reads = bulkhead(Math.max(1, connections - 2), 64);
  const writes = bulkhead(2, 64);

  const read = <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> =>
    reads.execute(async () => (await pool.query<Row>(text, values)).rows);
  const write = async (text: string, values: unknown[] = []): Promise<void> => {
    await writes.execute(() => pool.query(text, values));
  };

  let ended: Promise<void> | undefined;

  return {
    prepare: async () => {
      for (const statement of schema(settings.dimension)) await write(statement);
    },
    upsert: async (documents) => {
      const { text, values } = upsertStatement(documents);
      if (values.length > 0) await write(text, values);
    },
    search: (embedding, count) =>
      read<Passage & pg.QueryResultRow>(
        'select document_id as id, title, body as text from chunks order by embedding <=> $1::vector limit $2',
        [vectorLiteral(embedding), count],
      ),
    list: () => read('select document_id as id, version from chunks'),
    cursor: async (source) =>
      (await read<{ cursor: string }>('select cursor from checkpoints where source = $1', [source]))[0]?.cursor ?? null,
    saveCursor: (source, cursor) =>
      write(
        'insert into checkpoints (source, cursor) values ($1, $2) on conflict (source) do update set cursor = excluded.cursor',
        [source, cursor],
      ),
    deadLetters: () =>
      read('select document_id as id, version, title, reason, at_ms as "atMs" from dead_letters order by at_ms'),
    putDeadLetter: ({ id, version, title, reason, atMs }) =>
      write(
        `insert into dead_letters (document_id, version, title, reason, at_ms) values ($1, $2, $3, $4, $5)
         on conflict (document_id) do update set version = excluded.version, title = excluded.title, reason = excluded.reason,
         at_ms = excluded.at_ms where dead_letters.version <= excluded.version`,
        [id, version, title, reason, atMs],
      ),
    removeDeadLetter: ({ id, version }) =>
      write('delete from dead_letters where document_id = $1 and version <= $2', [id, version]),
    stop: () => (ended ??= pool.end()),
  };
}

function schema(dimension: number): readonly string[] {
  return [
    'create extension if not exists vector',
    `create table if not exists chunks (document_id text primary key, version integer not null, title text not null,
       body text not null, embedding vector(${dimension}) not null)`,
    'create table if not exists checkpoints (source text primary key, cursor text not null)',
    `create table if not exists dead_letters (document_id text primary key, version integer not null, title text not null,
       reason text not null, at_ms double precision not null)`,
  ];
}

/** One statement for all documents. Of two versions of one document only the higher is sent: a statement may touch a row once. */
function upsertStatement(documents: readonly StoredDocument[]): { text: string; values: (string | number)[] } {
  const newest = new Map<string, StoredDocument>();
  for (const document of documents) {
    if ((newest.get(document.id)?.version ?? -Infinity) < document.version) newest.set(document.id, document);
  }
  const values: (string | number)[] = [];
  const rows = [...newest.values()].map(({ id, version, title, text, embedding }) => {
    const first = values.push(id, version, title, text, vectorLiteral(embedding)) - 4;
    return `($${first}, $${first + 1}, $${first + 2}, $${first + 3}, $${first + 4}::vector)`;
  });
  const text = `insert into chunks (document_id, version, title, body, embedding) values ${rows.join(', ')}
    on conflict (document_id) do update set version = excluded.version, title = excluded.title, body = excluded.body,
    embedding = excluded.embedding where chunks.version < excluded.version`;
  return { text, values };
}

/** The text form of a vector. Seven digits are what a four-byte number holds. */
function vectorLiteral(embedding: readonly number[]): string {
  return `[${embedding.map((value) => value.toPrecision(7)).join(',')}]`;
}
