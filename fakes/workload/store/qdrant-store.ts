import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { bulkhead } from 'cockatiel';
import { namedUuid } from './named-uuid.ts';
import { askQdrant } from './qdrant-errors.ts';
import type { DeadLetter, Passage, Store, StoredDocument } from './store.ts';

export interface QdrantSettings {
  /** E.g. `http://127.0.0.1:6333`. Without a port, 6333 is meant, as with every client of Qdrant. */
  readonly url: string;
  readonly dimension: number;
  /** Calls at the same time; default 6. Ingestion gets 2 of them, so that it cannot keep questions from searching. */
  readonly connections?: number;
}

const chunks = 'chunks';
const checkpoints = 'checkpoints';
const deadLetters = 'dead_letters';

/** Points of one page when everything is listed. */
const pageSize = 1000;

type Filter = NonNullable<Schemas['Filter']>;
type Payload = NonNullable<Schemas['Payload']>;

/**
 * Documents in Qdrant, one point each; cursors and dead letters are points without a vector. That an older version never replaces a newer
 * one is decided by Qdrant, together with the write: by `update_filter`, which it has since 1.16.
 */
export function createQdrantStore(settings: QdrantSettings): Store {
  const connections = settings.connections ?? 6;
  const client = new QdrantClient({
    url: settings.url,
    timeout: 5000,
    maxConnections: connections,
    // It would ask for the version without being waited for, and print what it thinks of it.
    checkCompatibility: false,
  });
  const reads = bulkhead(Math.max(1, connections - 2), 64);
  const writes = bulkhead(2, 64);
  const read = <Result>(ask: () => Promise<Result>): Promise<Result> => reads.execute(() => askQdrant(ask));
  const write = async (ask: () => Promise<unknown>): Promise<void> => {
    await writes.execute(() => askQdrant(ask));
  };

  const prepareCollection = async (name: string, vectors: Schemas['VectorsConfig']): Promise<void> => {
    if ((await read(() => client.collectionExists(name))).exists) return;
    try {
      await write(() => client.createCollection(name, { vectors }));
    } catch (cause) {
      // Somebody else may have been quicker.
      if (!(await read(() => client.collectionExists(name))).exists) throw cause;
    }
  };
  const scrollAll = async (name: string): Promise<readonly Payload[]> => {
    const payloads: Payload[] = [];
    let offset: Schemas['ExtendedPointId'] | undefined;
    do {
      const at = offset === undefined ? {} : { offset };
      const page = await read(() => client.scroll(name, { ...at, limit: pageSize, with_payload: true }));
      payloads.push(...page.points.map(({ payload }) => payload ?? {}));
      offset = typeof page.next_page_offset === 'object' ? undefined : page.next_page_offset;
    } while (offset !== undefined);
    return payloads;
  };

  return {
    prepare: async () => {
      await prepareCollection(chunks, { size: settings.dimension, distance: 'Cosine' });
      for (const name of [checkpoints, deadLetters]) await prepareCollection(name, {});
      for (const name of [chunks, deadLetters]) {
        await write(() =>
          client.createPayloadIndex(name, { field_name: 'version', field_schema: 'integer', wait: true }),
        );
      }
    },
    upsert: async (documents) => {
      const newest = newestOf(documents);
      if (newest.length === 0) return;
      const points = newest.map(pointOf);
      await write(() => client.upsert(chunks, { wait: true, points, update_filter: olderThan(newest) }));
    },
    search: async (embedding, count) => {
      const { points } = await read(() =>
        client.query(chunks, { query: [...embedding], limit: count, with_payload: ['document_id', 'title', 'text'] }),
      );
      return points.map(({ payload }) => passageOf(payload ?? {}));
    },
    list: async () =>
      (await scrollAll(chunks)).map((payload) => ({
        id: String(payload['document_id']),
        version: Number(payload['version']),
      })),
    cursor: async (source) => {
      const [point] = await read(() => client.retrieve(checkpoints, { ids: [namedUuid(source)] }));
      const cursor = point?.payload?.['cursor'];
      return typeof cursor === 'string' ? cursor : null;
    },
    saveCursor: (source, cursor) =>
      write(() =>
        client.upsert(checkpoints, {
          wait: true,
          points: [{ id: namedUuid(source), vector: {}, payload: { source, cursor } }],
        }),
      ),
    deadLetters: async () =>
      (await scrollAll(deadLetters)).map(letterOf).toSorted((left, right) => left.atMs - right.atMs),
    putDeadLetter: ({ id, version, title, reason, atMs }) =>
      write(() =>
        client.upsert(deadLetters, {
          wait: true,
          points: [
            { id: namedUuid(id), vector: {}, payload: { document_id: id, version, title, reason, at_ms: atMs } },
          ],
          update_filter: { must: [{ key: 'version', range: { lte: version } }] },
        }),
      ),
    removeDeadLetter: ({ id, version }) =>
      write(() =>
        client.delete(deadLetters, {
          wait: true,
          filter: { must: [{ has_id: [namedUuid(id)] }, { key: 'version', range: { lte: version } }] },
        }),
      ),
    // The client has nothing to close: its idle connections keep no process alive.
    stop: () => Promise.resolve(),
  };
}

/** Of two versions of one document only the higher is sent. */
function newestOf(documents: readonly StoredDocument[]): readonly StoredDocument[] {
  const newest = new Map<string, StoredDocument>();
  for (const document of documents) {
    if ((newest.get(document.id)?.version ?? -Infinity) < document.version) newest.set(document.id, document);
  }
  return [...newest.values()];
}

/** Lets a stored point through where its version is lower than that of the document which is to replace it: one clause for each version. */
function olderThan(documents: readonly StoredDocument[]): Filter {
  const versions = new Set(documents.map(({ version }) => version));
  const should = Array.from(versions, (version) => ({
    must: [
      { has_id: documents.filter((document) => document.version === version).map(({ id }) => namedUuid(id)) },
      { key: 'version', range: { lt: version } },
    ],
  }));
  return { should };
}

function pointOf({ id, version, title, text, embedding }: StoredDocument): Schemas['PointStruct'] {
  return { id: namedUuid(id), vector: [...embedding], payload: { document_id: id, version, title, text } };
}

function passageOf(payload: Payload): Passage {
  return { id: String(payload['document_id']), title: String(payload['title']), text: String(payload['text']) };
}

function letterOf(payload: Payload): DeadLetter {
  return {
    id: String(payload['document_id']),
    version: Number(payload['version']),
    title: String(payload['title']),
    reason: String(payload['reason']),
    atMs: Number(payload['at_ms']),
  };
}
