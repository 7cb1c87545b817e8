import { QdrantClient, QdrantClientTimeoutError } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { servedQdrant, type ServedQdrant } from './served-qdrant.ts';

const uuid = '5c56c793-69f3-4fbf-87e6-c4bf54c28c26';
let served: ServedQdrant;
let client: QdrantClient;

beforeAll(async () => {
  served = await servedQdrant();
  client = new QdrantClient({ url: served.url, checkCompatibility: false });
});
afterAll(() => served.stop());
beforeEach(async () => {
  await client.deleteCollection('docs');
  await client.createCollection('docs', { vectors: { size: 3, distance: 'Cosine' } });
  await client.upsert('docs', {
    wait: true,
    points: [
      { id: 1, vector: [2, 0, 0], payload: { city: 'Bonn', floor: 1, tags: ['a', 'b'] } },
      { id: 2, vector: [1, 1, 0], payload: { city: 'Oslo', floor: 2, author: { name: 'Ada' } } },
      { id: uuid, vector: [0, 0, 3], payload: { city: 'Bonn', floor: 3, gone: null } },
    ],
  });
});

describe('the official client against the fake Qdrant', () => {
  it('finds the server compatible', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const asking = new QdrantClient({ url: served.url });
    expect(await asking.versionInfo()).toMatchObject({ title: 'qdrant - vector search engine' });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('makes, describes, lists and removes collections', async () => {
    expect(await client.collectionExists('docs')).toEqual({ exists: true });
    expect(
      await client.createPayloadIndex('docs', { field_name: 'floor', field_schema: 'integer', wait: true }),
    ).toEqual({ operation_id: 1, status: 'completed' });
    expect(await client.getCollection('docs')).toMatchObject({
      status: 'green',
      points_count: 3,
      config: { params: { vectors: { size: 3, distance: 'Cosine' } } },
      payload_schema: { floor: { data_type: 'integer' } },
    });
    expect((await client.getCollections()).collections).toEqual([{ name: 'docs' }]);
    expect([await client.deleteCollection('docs'), await client.deleteCollection('docs')]).toEqual([true, false]);
    expect(await client.collectionExists('docs')).toEqual({ exists: false });
  });

  it('finds the nearest first, by vector and by point, with what was asked for', async () => {
    const { points } = await client.query('docs', { query: [1, 0.1, 0], limit: 2, with_payload: ['city'] });
    expect(points).toEqual([
      { id: 1, version: 0, score: expect.closeTo(0.995, 3) as number, payload: { city: 'Bonn' } },
      { id: 2, version: 0, score: expect.closeTo(0.774, 3) as number, payload: { city: 'Oslo' } },
    ]);
    const byPoint = await client.query('docs', { query: 1, with_vector: true, filter: { must: [] } });
    expect(byPoint.points.map(({ id }) => id)).toEqual([2, uuid]);
    expect(byPoint.points[0]?.vector).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2), 0]);
    const hits = await client.search('docs', { vector: [1, 1, 1], limit: 5, score_threshold: 0.6 });
    expect(hits.map(({ id }) => id)).toEqual([2]);
    const second = await client.query('docs', { query: { nearest: [1, 0.1, 0] }, limit: 1, offset: 1 });
    expect(second.points.map(({ id }) => id)).toEqual([2]);
  });

  it('compares by the dot product where that is asked for', async () => {
    await client.deleteCollection('dots');
    await client.createCollection('dots', { vectors: { size: 2, distance: 'Dot' } });
    await client.upsert('dots', {
      points: [
        { id: 1, vector: [1, 0] },
        { id: 2, vector: [5, 5] },
      ],
    });
    const { points } = await client.query('dots', { query: [2, 0] });
    expect(points.map(({ id, score }) => [id, score])).toEqual([
      [2, 10],
      [1, 2],
    ]);
  });

  it.each([
    ['a value', { must: [{ key: 'city', match: { value: 'Bonn' } }] }, [1, uuid]],
    ['one of several', { must: { key: 'city', match: { any: ['Oslo', 'Rome'] } } }, [2]],
    ['none of several', { must: [{ key: 'city', match: { except: ['Bonn'] } }] }, [2]],
    ['a range', { must: [{ key: 'floor', range: { gt: 1, lte: 3 } }] }, [2, uuid]],
    ['a range without its end', { must: [{ key: 'floor', range: { lt: 2 } }] }, [1]],
    ['a nested key', { must: [{ key: 'author.name', match: { value: 'Ada' } }] }, [2]],
    ['one item of an array', { must: [{ key: 'tags', match: { value: 'b' } }] }, [1]],
    ['ids', { must: [{ has_id: [2, uuid.toUpperCase()] }] }, [2, uuid]],
    ['what must not be', { must_not: [{ key: 'city', match: { value: 'Bonn' } }] }, [2]],
    ['either', { should: [{ has_id: [1] }, { must: [{ key: 'floor', range: { gte: 3 } }] }] }, [1, uuid]],
    ['nothing there', { must: [{ is_empty: { key: 'tags' } }] }, [2, uuid]],
    ['null', { must: [{ is_null: { key: 'gone' } }] }, [uuid]],
    [
      'two at once',
      {
        must: [
          { key: 'city', match: { value: 'Bonn' } },
          { key: 'floor', range: { gt: 1 } },
        ],
      },
      [uuid],
    ],
  ])('filters by %s', async (_what, filter, ids) => {
    const { points } = await client.scroll('docs', { filter });
    expect(points.map(({ id }) => id)).toEqual(ids);
    expect(await client.count('docs', { filter })).toEqual({ count: ids.length });
    const found = await client.query('docs', { query: [1, 1, 1], filter });
    expect(new Set(found.points.map(({ id }) => id))).toEqual(new Set(ids));
  });

  it('scrolls page by page in the order of ids', async () => {
    const first = await client.scroll('docs', { limit: 2, with_payload: false });
    expect(first).toEqual({ points: [{ id: 1 }, { id: 2 }], next_page_offset: uuid });
    const rest = await client.scroll('docs', { limit: 2, offset: uuid, with_payload: { exclude: ['gone'] } });
    expect(rest).toEqual({ points: [{ id: uuid, payload: { city: 'Bonn', floor: 3 } }], next_page_offset: null });
  });

  it('retrieves points by their ids, and leaves out what is not there', async () => {
    const points = await client.retrieve('docs', { ids: [uuid, 7, 1], with_payload: ['city'] });
    expect(points).toEqual([
      { id: uuid, payload: { city: 'Bonn' } },
      { id: 1, payload: { city: 'Bonn' } },
    ]);
  });

  it('replaces a point, only where it fits the update filter, and inserts what is new', async () => {
    const point = (id: number) => ({ id, vector: [0, 1, 0], payload: { floor: 9 } });
    const update_filter = { must: [{ key: 'floor', range: { lt: 2 } }] };
    await client.upsert('docs', { wait: true, points: [1, 2, 3].map(point), update_filter });
    const floors = async () => (await client.scroll('docs')).points.map(({ payload }) => payload?.['floor']);
    expect(await floors()).toEqual([9, 2, 9, 3]);
    await client.upsert('docs', { points: [2, 4].map(point), update_mode: 'update_only' });
    expect(await floors()).toEqual([9, 9, 9, 3]);
    await client.upsert('docs', { points: [{ ...point(2), payload: {} }, point(5)], update_mode: 'insert_only' });
    expect(await floors()).toEqual([9, 9, 9, 9, 3]);
    const [moved] = (await client.query('docs', { query: [0, 1, 0], limit: 1, filter: { must: [{ has_id: [1] }] } }))
      .points;
    expect(moved?.score).toBe(1);
  });

  it('deletes points by their ids and by a filter, and still finds the others', async () => {
    expect(await client.delete('docs', { wait: true, points: [1, 77] })).toMatchObject({ status: 'completed' });
    const { points } = await client.query('docs', { query: [0, 0, 1] });
    expect(points.map(({ id, score }) => [id, score])).toEqual([
      [uuid, 1],
      [2, 0],
    ]);
    await client.delete('docs', { filter: { must: [{ key: 'city', match: { value: 'Bonn' } }] } });
    expect((await client.scroll('docs')).points.map(({ id }) => id)).toEqual([2]);
  });

  it('keeps points without a vector', async () => {
    await client.deleteCollection('notes');
    await client.createCollection('notes', { vectors: {} });
    await client.upsert('notes', { points: [{ id: 1, vector: {}, payload: { text: 'x' } }] });
    expect((await client.retrieve('notes', { ids: [1] }))[0]?.payload).toEqual({ text: 'x' });
    await client.upsert('docs', { points: [{ id: 8, vector: {} }] });
    expect((await client.query('docs', { query: [1, 1, 1], limit: 9 })).points).toHaveLength(3);
  });
});

describe('the errors of the official client', () => {
  const rejection = async (asked: Promise<unknown>): Promise<unknown> => {
    const cause: unknown = await asked.then(
      () => expect.unreachable('it was answered'),
      (error: unknown) => error,
    );
    const { status, data } = cause as { status: number; data: { status: { error: string }; time: number } };
    expect(data.time).toBeTypeOf('number');
    return [status, data.status.error];
  };

  it.each([
    [
      'a missing collection',
      () => client.query('nope', { query: [1] }),
      404,
      "Not found: Collection `nope` doesn't exist!",
    ],
    ['a missing point', () => client.query('docs', { query: 99 }), 404, 'Not found: No point with id 99 found'],
    [
      'a vector of another length',
      () => client.upsert('docs', { points: [{ id: 1, vector: [1, 2] }] }),
      400,
      'Wrong input: Vector dimension error: expected dim: 3, got 2',
    ],
    [
      'a query of another length',
      () => client.query('docs', { query: [1, 2, 3, 4] }),
      400,
      'Wrong input: Vector dimension error: expected dim: 3, got 4',
    ],
    [
      'an id that is neither',
      () => client.upsert('docs', { points: [{ id: 'ticket-1', vector: [1, 2, 3] }] }),
      400,
      'Format error in JSON body: value ticket-1 is not a valid point ID, valid values are either an unsigned integer or a UUID',
    ],
    [
      'a negative id',
      () => client.retrieve('docs', { ids: [-1] }),
      400,
      'Format error in JSON body: value -1 is not a valid point ID, valid values are either an unsigned integer or a UUID',
    ],
    [
      'a limit of nothing',
      () => client.query('docs', { query: [1, 2, 3], limit: 0 }),
      422,
      'Validation error in JSON body: [limit: value invalid, must be 1 or larger]',
    ],
    [
      'a collection that is there already',
      () => client.createCollection('docs', { vectors: { size: 3, distance: 'Dot' } }),
      409,
      'Wrong input: Collection `docs` already exists!',
    ],
  ])('say %s', async (_what, ask, status, error) => {
    expect(await rejection(ask())).toEqual([status, error]);
    expect((await client.count('docs')).count).toBe(3);
  });

  it('are a timeout of its own where the store is too slow', async () => {
    const slow = await servedQdrant({ latencyMs: 5000 });
    const impatient = new QdrantClient({ url: slow.url, timeout: 30, checkCompatibility: false });
    await expect(impatient.getCollections()).rejects.toBeInstanceOf(QdrantClientTimeoutError);
    await slow.stop();
  });
});
