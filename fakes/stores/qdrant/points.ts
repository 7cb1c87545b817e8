import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../../harness/kit/json.ts';
import type { Collection, Hit, NewPoint, Point } from './collection.ts';
import { compileFilter } from './filter.ts';
import { isJsonObject, payloadSelector } from './payload.ts';
import { PointIdSchema } from './point-id.ts';
import { readAs, Refusal, unsupported } from './refusal.ts';
import { readVector } from './vector-input.ts';

const Payload = z.custom<JsonObject>(isJsonObject, { error: 'a payload has to be an object' });
const limit = z.int().min(1);
const shown = { with_payload: z.unknown().optional(), with_vector: z.boolean().nullish() };

const UpsertBody = z.strictObject({
  points: z.array(z.strictObject({ id: PointIdSchema, vector: z.unknown().optional(), payload: Payload.nullish() })),
  update_filter: z.unknown().optional(),
  update_mode: z.enum(['upsert', 'insert_only', 'update_only']).nullish(),
});
const searchShape = {
  filter: z.unknown().optional(),
  /** How to use an index; there is none here. */
  params: z.unknown().optional(),
  limit: limit.nullish(),
  offset: z.int().min(0).nullish(),
  score_threshold: z.number().nullish(),
  ...shown,
};
const SearchBody = z.strictObject({ vector: z.unknown().optional(), ...searchShape });
const QueryBody = z.strictObject({ query: z.unknown().optional(), ...searchShape });
const RetrieveBody = z.strictObject({ ids: z.array(PointIdSchema), ...shown });
const ScrollBody = z.strictObject({
  filter: z.unknown().optional(),
  limit: limit.nullish(),
  offset: PointIdSchema.nullish(),
  ...shown,
});
const DeleteBody = z.union([
  z.strictObject({ points: z.array(PointIdSchema) }),
  z.strictObject({ filter: z.custom<JsonObject>(isJsonObject) }),
]);
const CountBody = z.strictObject({ filter: z.unknown().optional(), exact: z.boolean().nullish() });

/** Checks all points before it stores any. Answers the number of the operation, as every write does. */
export function upsertPoints(collection: Collection, body: unknown): number {
  const read = readAs(UpsertBody, body, [...Object.keys(UpsertBody.shape), 'points: { id, vector, payload }']);
  const points = read.points.map(({ id, vector, payload }): NewPoint => ({
    id,
    payload: payload ?? {},
    vector: readVector(vector, collection),
  }));
  return collection.upsert(points, {
    mode: read.update_mode ?? 'upsert',
    updateFilter: compileFilter(read.update_filter),
  });
}

export function deletePoints(collection: Collection, body: unknown): number {
  if (isJsonObject(body) && 'filter' in body && 'points' in body) throw unsupported('both', ['points', 'filter']);
  const read = readAs(DeleteBody, body, ['points', 'filter']);
  if ('points' in read) return collection.delete(read.points);
  return collection.delete(collection.matching(compileFilter(read.filter)).map(({ id }) => id));
}

export function searchPoints(collection: Collection, body: unknown): JsonValue {
  const { vector, ...rest } = readAs(SearchBody, body, Object.keys(SearchBody.shape));
  return search(collection, vector, rest);
}

/** The universal query, as far as it is a search for what is nearest. */
export function queryPoints(collection: Collection, body: unknown): JsonValue {
  const { query, ...rest } = readAs(QueryBody, body, Object.keys(QueryBody.shape));
  const nearest = isJsonObject(query) ? query['nearest'] : query;
  if (isJsonObject(query) && Object.keys(query).join() !== 'nearest') {
    throw unsupported('the query', ['[number, …]', 'the id of a point', '{ nearest }']);
  }
  if (Array.isArray(nearest)) return { points: search(collection, nearest, rest) };
  const id = readAs(PointIdSchema, nearest, []);
  const point = collection.get(id);
  const vector = point && collection.vectorOf(point);
  if (!vector) throw new Refusal(404, `Not found: No point with id ${id} found`);
  const others = { must: rest.filter ?? [], must_not: { has_id: [id] } };
  return { points: search(collection, Array.from(vector), { ...rest, filter: others }) };
}

type SearchRest = Omit<z.infer<typeof QueryBody>, 'query'>;

function search(collection: Collection, given: unknown, settings: SearchRest): JsonValue[] {
  const vector = readVector(given, collection);
  if (!vector) throw unsupported('the vector of a search', ['[number, …]']);
  const offset = settings.offset ?? 0;
  const hits = collection.search(vector, {
    count: offset + (settings.limit ?? 10),
    filter: compileFilter(settings.filter),
    scoreThreshold: settings.score_threshold ?? -Infinity,
  });
  const show = shower(collection, settings, false);
  return hits.slice(offset).map(({ point, score }: Hit) => ({ version: point.version, score, ...show(point) }));
}

export function retrievePoints(collection: Collection, body: unknown): JsonValue {
  const read = readAs(RetrieveBody, body, Object.keys(RetrieveBody.shape));
  return read.ids.flatMap((id) => collection.get(id) ?? []).map(shower(collection, read, true));
}

export function scrollPoints(collection: Collection, body: unknown): JsonValue {
  const read = readAs(ScrollBody, body, Object.keys(ScrollBody.shape));
  const { points, next } = collection.scroll(read.offset ?? undefined, read.limit ?? 10, compileFilter(read.filter));
  return { points: points.map(shower(collection, read, true)), next_page_offset: next };
}

export function countPoints(collection: Collection, body: unknown): JsonValue {
  const { filter } = readAs(CountBody, body, Object.keys(CountBody.shape));
  return { count: collection.matching(compileFilter(filter)).length };
}

function shower(
  collection: Collection,
  wanted: { with_payload?: unknown; with_vector?: boolean | null | undefined },
  withPayload: boolean,
): (point: Point) => JsonObject {
  const select = payloadSelector(wanted.with_payload, withPayload);
  return (point) => {
    const payload = select(point.payload);
    const vector = wanted.with_vector ? collection.vectorOf(point) : undefined;
    return {
      id: point.id,
      ...(payload === undefined ? {} : { payload }),
      ...(vector === undefined ? {} : { vector: Array.from(vector) }),
    };
  };
}
