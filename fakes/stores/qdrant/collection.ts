import type { JsonObject } from '../../../harness/kit/json.ts';
import type { Predicate } from './filter.ts';
import { compareIds, type PointId } from './point-id.ts';
import { normalised, VectorTable } from './vector-table.ts';

/** How the vectors of a collection are compared; undefined where it has none. */
export interface VectorParams {
  readonly size: number;
  readonly distance: 'Cosine' | 'Dot';
}

/** A point as it is kept. */
export interface Point {
  readonly id: PointId;
  readonly payload: JsonObject;
  /** The operation that wrote it last. */
  readonly version: number;
  readonly hasVector: boolean;
}

/** A point as it is sent; `vector` is null where it has none. */
export interface NewPoint {
  readonly id: PointId;
  readonly payload: JsonObject;
  readonly vector: Float32Array | null;
}

export interface Hit {
  readonly point: Point;
  readonly score: number;
}

export interface SearchSettings {
  readonly count: number;
  readonly filter: Predicate | undefined;
  readonly scoreThreshold: number;
}

/** What an upsert may touch. */
export interface UpsertSettings {
  readonly mode: 'upsert' | 'insert_only' | 'update_only';
  /** Points that exist are replaced only where they fit. */
  readonly updateFilter: Predicate | undefined;
}

/** The points of one collection, in memory. A search goes through all of them. */
export class Collection {
  readonly vectors: VectorParams | undefined;
  /** The payload indexes that were asked for: field to type. A search needs none of them. */
  readonly indexes = new Map<string, string>();
  readonly #table: VectorTable;
  readonly #points: Point[] = [];
  readonly #rows = new Map<PointId, number>();
  #sortedIds: readonly PointId[] | undefined;
  #operations = 0;

  constructor(vectors: VectorParams | undefined) {
    this.vectors = vectors;
    this.#table = new VectorTable(vectors?.size ?? 0);
  }

  get count(): number {
    return this.#points.length;
  }

  /** Numbers an operation that writes. */
  nextOperation(): number {
    return this.#operations++;
  }

  upsert(points: readonly NewPoint[], { mode, updateFilter }: UpsertSettings): number {
    const version = this.nextOperation();
    for (const { id, payload, vector } of points) {
      const there = this.get(id);
      if (there ? mode === 'insert_only' || updateFilter?.(there) === false : mode === 'update_only') continue;
      const row = this.#rows.get(id) ?? this.#newRow(id);
      this.#points[row] = { id, payload, version, hasVector: vector !== null };
      if (vector) this.#table.set(row, this.#comparable(vector));
    }
    return version;
  }

  delete(ids: readonly PointId[]): number {
    for (const id of ids) {
      const row = this.#rows.get(id);
      const last = this.#points.at(-1);
      if (row === undefined || !last) continue;
      this.#table.move(this.#points.length - 1, row);
      this.#points[row] = last;
      this.#rows.set(last.id, row);
      this.#points.pop();
      this.#rows.delete(id);
      this.#sortedIds = undefined;
    }
    return this.nextOperation();
  }

  get(id: PointId): Point | undefined {
    const row = this.#rows.get(id);
    return row === undefined ? undefined : this.#points[row];
  }

  /** Its vector as it is compared: of length one where the distance is the cosine. */
  vectorOf({ id, hasVector }: Point): Float32Array | undefined {
    const row = this.#rows.get(id);
    return hasVector && row !== undefined ? this.#table.get(row) : undefined;
  }

  search(vector: Float32Array, { count, filter, scoreThreshold }: SearchSettings): readonly Hit[] {
    const eligible = (row: number): boolean => {
      const point = this.#points[row];
      return point?.hasVector === true && filter?.(point) !== false;
    };
    return this.#table
      .nearest(this.#comparable(vector), { rows: this.#points.length, count, least: scoreThreshold, eligible })
      .flatMap(({ row, score }) => {
        const point = this.#points[row];
        return point ? [{ point, score: Math.fround(score) }] : [];
      });
  }

  matching(filter: Predicate | undefined): readonly Point[] {
    return filter ? this.#points.filter(filter) : this.#points;
  }

  /** Points in the order of their ids from `from` on, and the id at which to go on. */
  scroll(
    from: PointId | undefined,
    limit: number,
    filter: Predicate | undefined,
  ): { readonly points: readonly Point[]; readonly next: PointId | null } {
    const ids = (this.#sortedIds ??= [...this.#rows.keys()].sort(compareIds));
    const points: Point[] = [];
    for (const id of ids) {
      if (from !== undefined && compareIds(id, from) < 0) continue;
      const point = this.get(id);
      if (!point || filter?.(point) === false) continue;
      if (points.length === limit) return { points, next: id };
      points.push(point);
    }
    return { points, next: null };
  }

  #newRow(id: PointId): number {
    const row = this.#points.length;
    this.#rows.set(id, row);
    this.#sortedIds = undefined;
    return row;
  }

  #comparable(vector: Float32Array): Float32Array {
    return this.vectors?.distance === 'Cosine' ? normalised(vector) : vector;
  }
}
