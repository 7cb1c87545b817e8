import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../fakes/workload/store/memory-store.ts';
import { createPgvectorStore } from '../../../../fakes/workload/store/pgvector-store.ts';
import { createQdrantStore } from '../../../../fakes/workload/store/qdrant-store.ts';
import type { Store, StoredDocument } from '../../../../fakes/workload/store/store.ts';
import { startPart } from '../../../../fakes/stores/postgres/start-part.ts';
import { systemClock } from '../../../../harness/kit/clock.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import type { TcpPart } from '../../../../harness/world/types.ts';
import { servedQdrant, type ServedQdrant } from '../../stores/qdrant/served-qdrant.ts';

/** A vector that points one way. */
function pointing(place: number): number[] {
  return Array.from({ length: 96 }, (_, index) => (index === place ? 1 : 0.001));
}

function document(id: string, version: number, place = 0): StoredDocument {
  return { id, version, title: `Title of ${id}`, text: `Text of ${id}, ${version}.`, embedding: pointing(place) };
}

function keepsItsPromises(open: () => Store): void {
  let store: Store;
  beforeEach(async () => {
    store = open();
    await store.prepare();
  });

  it('can be prepared twice', async () => {
    await expect(store.prepare()).resolves.toBeUndefined();
  });

  it('keeps the highest version of a document, once', async () => {
    await store.upsert([document('a', 2), document('a', 3), document('a', 1)]);
    await store.upsert([document('a', 2), document('b', 1)]);
    expect([...(await store.list())].sort((left, right) => left.id.localeCompare(right.id))).toEqual([
      { id: 'a', version: 3 },
      { id: 'b', version: 1 },
    ]);
    const [found] = await store.search(pointing(0), 1);
    expect(found).toEqual({ id: 'a', title: 'Title of a', text: 'Text of a, 3.' });
  });

  it('takes nothing for an upsert of nothing', async () => {
    await store.upsert([]);
    expect(await store.list()).toEqual([]);
  });

  it('finds the nearest first', async () => {
    await store.upsert(Array.from({ length: 10 }, (_, place) => document(`doc-${place}`, 1, place)));
    const query = pointing(4).map((value, index) => (index === 7 ? 0.5 : value));
    expect((await store.search(query, 2)).map((passage) => passage.id)).toEqual(['doc-4', 'doc-7']);
  });

  it('remembers how far a source has been followed', async () => {
    expect(await store.cursor('crm')).toBeNull();
    await store.saveCursor('crm', 'abc');
    await store.saveCursor('crm', 'def');
    expect([await store.cursor('crm'), await store.cursor('wiki')]).toEqual(['def', null]);
  });

  it('keeps dead letters, one for each record, until they are taken away', async () => {
    const letter = { id: 'ticket-1', version: 2, title: 'One', reason: 'gone', atMs: 1_790_000_000_123.5 };
    await store.putDeadLetter({ ...letter, version: 1 });
    await store.putDeadLetter(letter);
    expect(await store.deadLetters()).toEqual([letter]);
    await store.removeDeadLetter(letter);
    expect(await store.deadLetters()).toEqual([]);
  });

  it('does not let the dead letter of an older version push out that of a newer one', async () => {
    const letter = { id: 'ticket-1', version: 2, title: 'One', reason: 'gone', atMs: 1000 };
    await store.putDeadLetter(letter);
    await store.putDeadLetter({ ...letter, version: 1, atMs: 2000 });
    expect(await store.deadLetters()).toEqual([letter]);
  });

  it('keeps the dead letter of a newer version when an older one is taken away', async () => {
    const letter = { id: 'ticket-1', version: 2, title: 'One', reason: 'gone', atMs: 1000 };
    await store.putDeadLetter(letter);
    await store.removeDeadLetter({ id: 'ticket-1', version: 1 });
    expect(await store.deadLetters()).toEqual([letter]);
    await store.removeDeadLetter({ id: 'ticket-1', version: 3 });
    expect(await store.deadLetters()).toEqual([]);
  });

  it('can be stopped twice', async () => {
    await store.stop();
    await expect(store.stop()).resolves.toBeUndefined();
  });

  it('takes many calls at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await store.upsert([document(`doc-${index}`, 1, index)]);
        const [found] = await store.search(pointing(index), 1);
        expect(found?.id).toBe(`doc-${index}`);
      }),
    );
    expect(await store.list()).toHaveLength(40);
  });
}

describe('the store in memory', () => {
  keepsItsPromises(createMemoryStore);
});

describe('the store in PostgreSQL with pgvector', () => {
  const stores: Store[] = [];
  let part: TcpPart;

  const open = (): Store => {
    const store = createPgvectorStore({ url: `postgres://postgres@127.0.0.1:${part.port}/postgres`, dimension: 96 });
    stores.push(store);
    return { ...store, prepare: () => store.prepare().then(() => emptied(store)) };
  };
  // Each test has tables of its own contents; the database is the same.
  const cleared = new Set<Store>();
  const emptied = async (store: Store): Promise<void> => {
    if (cleared.has(store)) return;
    cleared.add(store);
    await clear(part.port);
  };

  beforeAll(async () => {
    const random = seededRandom(1);
    const corpus = { module: '', documents: 1 };
    part = await startPart({ name: 'vector-store', settings: {}, corpus, seed: 1, clock: systemClock(), random });
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.stop()));
    await part.stop();
  });

  keepsItsPromises(open);

  it('says that it cannot be reached', async () => {
    const store = createPgvectorStore({ url: 'postgres://postgres@127.0.0.1:9/postgres', dimension: 96 });
    await expect(store.prepare()).rejects.toThrow('ECONNREFUSED');
    await store.stop();
  });
});

describe('the store in Qdrant', () => {
  let served: ServedQdrant;
  beforeEach(async () => {
    served = await servedQdrant();
  });
  afterEach(() => served.stop());
  const open = (): Store => createQdrantStore({ url: served.url, dimension: 96 });

  keepsItsPromises(open);

  it('lists more than one page', async () => {
    const store = open();
    await store.prepare();
    await store.upsert(Array.from({ length: 1500 }, (_, index) => document(`doc-${index}`, 1, index % 96)));
    const listed = await store.list();
    expect(new Set(listed.map(({ id }) => id)).size).toBe(1500);
    expect(listed).toHaveLength(1500);
  });

  it('guards each document of a batch by its own version', async () => {
    const store = open();
    await store.prepare();
    await store.upsert([document('a', 5), document('b', 5), document('c', 1)]);
    await store.upsert([document('a', 9), document('b', 4), document('c', 2), document('d', 1)]);
    const versions = Object.fromEntries((await store.list()).map(({ id, version }) => [id, version]));
    expect(versions).toEqual({ a: 9, b: 5, c: 2, d: 1 });
  });

  it('keeps the highest version of many that are written at once', async () => {
    const store = open();
    await store.prepare();
    await Promise.all([3, 1, 7, 2, 6, 5, 4].map((version) => store.upsert([document('a', version)])));
    expect(await store.list()).toEqual([{ id: 'a', version: 7 }]);
  });

  it('can be prepared by two instances at the same time', async () => {
    await Promise.all([open().prepare(), open().prepare()]);
    expect(await open().list()).toEqual([]);
  });

  it('says what went wrong in the words of the store', async () => {
    const store = open();
    await store.prepare();
    await expect(store.search([1, 2], 1)).rejects.toThrow(
      'The vector store failed: 400 Wrong input: Vector dimension error: expected dim: 96, got 2',
    );
  });

  it('says that it cannot be reached', async () => {
    const store = createQdrantStore({ url: 'http://127.0.0.1:9', dimension: 96 });
    await expect(store.prepare()).rejects.toThrow('The vector store failed: fetch failed');
  });
});

async function clear(port: number): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` });
  await client.connect();
  for (const table of ['chunks', 'checkpoints', 'dead_letters']) await client.query(`delete from ${table}`);
  await client.end();
}
