import { describe, expect, it } from 'vitest';
import { Collection, type NewPoint } from '../../../../fakes/stores/qdrant/collection.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';

const everything = { mode: 'upsert', updateFilter: undefined } as const;
const size = 37;

/** A collection of random points and, beside it, what is in it. */
function filled(count: number) {
  const random = seededRandom(3);
  const vector = (): Float32Array => Float32Array.from({ length: size }, () => random.next() - 0.5);
  const collection = new Collection({ size, distance: 'Cosine' });
  const points = Array.from({ length: count }, (_, id): NewPoint => ({
    id,
    vector: vector(),
    payload: { even: id % 2 === 0 },
  }));
  collection.upsert(points, everything);
  return { collection, points, vector, random };
}

function cosine(left: Float32Array, right: Float32Array): number {
  const dot = (one: Float32Array, other: Float32Array): number =>
    one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

describe('a collection', () => {
  it.each([1, 10, 500])('finds the same %i as a sort of everything does, also after deletions', (count) => {
    const { collection, points, vector } = filled(300);
    const gone = new Set([0, 7, 150, 298, 299]);
    collection.delete([...gone]);
    const query = vector();
    const sorted = points
      .filter(({ id, payload }) => !gone.has(Number(id)) && payload['even'] === true)
      .map(({ id, vector: own }) => ({ id, score: cosine(query, own ?? query) }))
      .sort((left, right) => right.score - left.score)
      .slice(0, count);
    const filter = ({ payload }: { payload: Record<string, unknown> }): boolean => payload['even'] === true;
    const hits = collection.search(query, { count, filter, scoreThreshold: -Infinity });
    expect(hits.map(({ point }) => point.id)).toEqual(sorted.map(({ id }) => id));
    for (const [place, { score }] of hits.entries()) expect(score).toBeCloseTo(sorted[place]?.score ?? NaN, 5);
  });

  it('finds the same for a query of mostly zeros', () => {
    const { collection, points } = filled(200);
    const query = new Float32Array(size);
    query.set([0.5, -0.25], 7);
    query.set([0.125], size - 1);
    const sorted = points
      .map(({ id, vector: own }) => ({ id, score: cosine(query, own ?? query) }))
      .sort((left, right) => right.score - left.score);
    const hits = collection.search(query, { count: 200, filter: undefined, scoreThreshold: -Infinity });
    expect(hits.map(({ point }) => point.id)).toEqual(sorted.map(({ id }) => id));
    for (const [place, { score }] of hits.entries()) expect(score).toBeCloseTo(sorted[place]?.score ?? NaN, 5);
  });

  it('finds nothing below the threshold, in an empty collection, or when nothing is asked for', () => {
    const { collection, vector } = filled(50);
    const settings = { count: 5, filter: undefined, scoreThreshold: -Infinity };
    expect(collection.search(vector(), { ...settings, scoreThreshold: 1.1 })).toEqual([]);
    expect(collection.search(vector(), { ...settings, count: 0 })).toEqual([]);
    expect(new Collection({ size, distance: 'Dot' }).search(vector(), settings)).toEqual([]);
  });

  it('puts the one stored first ahead where two are equally near', () => {
    const collection = new Collection({ size: 2, distance: 'Dot' });
    const same = [5, 3, 9].map((id): NewPoint => ({ id, vector: Float32Array.of(1, 1), payload: {} }));
    collection.upsert(same, everything);
    const hits = collection.search(Float32Array.of(1, 0), { count: 2, filter: undefined, scoreThreshold: -Infinity });
    expect(hits.map(({ point }) => point.id)).toEqual([5, 3]);
  });

  it('survives a vector of zeros', () => {
    const collection = new Collection({ size: 2, distance: 'Cosine' });
    collection.upsert([{ id: 1, vector: new Float32Array(2), payload: {} }], everything);
    const [hit] = collection.search(new Float32Array(2), { count: 1, filter: undefined, scoreThreshold: -Infinity });
    expect(hit?.score).toBe(0);
  });
});
