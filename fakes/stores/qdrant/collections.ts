import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../../harness/kit/json.ts';
import { Collection } from './collection.ts';
import { isJsonObject } from './payload.ts';
import { readAs, Refusal, unsupported } from './refusal.ts';

/** All collections by name. */
export type Collections = Map<string, Collection>;

const Vectors = z.strictObject({
  size: z.int().min(1).max(65_536),
  distance: z.string(),
  on_disk: z.boolean().nullish(),
  hnsw_config: z.unknown().optional(),
  quantization_config: z.unknown().optional(),
  datatype: z.literal('float32').nullish(),
});
/** Settings of storage and of an index are taken and change nothing: a search here is always exact. */
const CreateBody = z.strictObject({
  vectors: z.unknown().optional(),
  on_disk_payload: z.unknown().optional(),
  hnsw_config: z.unknown().optional(),
  wal_config: z.unknown().optional(),
  optimizers_config: z.unknown().optional(),
  quantization_config: z.unknown().optional(),
  shard_number: z.unknown().optional(),
  replication_factor: z.unknown().optional(),
  write_consistency_factor: z.unknown().optional(),
});
const IndexBody = z.strictObject({ field_name: z.string(), field_schema: z.unknown().optional() });
const fieldTypes = ['keyword', 'integer', 'float', 'bool', 'uuid', 'datetime', 'text', 'geo'];

export function collectionNamed(collections: Collections, name: string): Collection {
  const collection = collections.get(name);
  if (!collection) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
  return collection;
}

export function createCollection(collections: Collections, name: string, body: unknown): JsonValue {
  const { vectors } = readAs(CreateBody, body, Object.keys(CreateBody.shape));
  const params = vectorParams(vectors);
  if (collections.has(name)) throw new Refusal(409, `Wrong input: Collection \`${name}\` already exists!`);
  collections.set(name, new Collection(params));
  return true;
}

/** None, or `{}`, makes a collection of payloads only. */
function vectorParams(vectors: unknown): Collection['vectors'] {
  if (vectors === undefined || vectors === null) return undefined;
  if (isJsonObject(vectors) && Object.keys(vectors).length === 0) return undefined;
  const known = ['{ size, distance }', '{} for none'];
  const { size, distance } = readAs(Vectors, vectors, known);
  if (distance !== 'Cosine' && distance !== 'Dot') {
    throw unsupported(`the distance "${distance}"`, ['Cosine', 'Dot']);
  }
  return { size, distance };
}

/** What the fake knows of what Qdrant tells about a collection. */
export function describeCollection(collection: Collection): JsonObject {
  const { vectors, count, indexes } = collection;
  return {
    status: 'green',
    optimizer_status: 'ok',
    indexed_vectors_count: 0,
    points_count: count,
    segments_count: 1,
    config: {
      params: {
        vectors: vectors ? { ...vectors } : {},
        shard_number: 1,
        replication_factor: 1,
        write_consistency_factor: 1,
        on_disk_payload: true,
      },
      hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false },
      optimizer_config: { deleted_threshold: 0.2, vacuum_min_vector_number: 1000, default_segment_number: 0 },
      wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0 },
      quantization_config: null,
    },
    payload_schema: Object.fromEntries(
      [...indexes].map(([field, type]) => [field, { data_type: type, points: count }]),
    ),
  };
}

export function createIndex(collection: Collection, body: unknown): number {
  const index = readAs(IndexBody, body, Object.keys(IndexBody.shape));
  const schema = index.field_schema;
  const type = isJsonObject(schema) ? schema['type'] : schema;
  if (typeof type !== 'string' || !fieldTypes.includes(type)) throw unsupported('the field_schema', fieldTypes);
  collection.indexes.set(index.field_name, type);
  return collection.nextOperation();
}
