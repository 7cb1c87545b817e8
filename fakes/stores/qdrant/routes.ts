import type { JsonValue } from '../../../harness/kit/json.ts';
import { collectionNamed, createCollection, createIndex, describeCollection, type Collections } from './collections.ts';
import {
  countPoints,
  deletePoints,
  queryPoints,
  retrievePoints,
  scrollPoints,
  searchPoints,
  upsertPoints,
} from './points.ts';

/** What answering a request takes. */
export interface RouteCall {
  readonly collections: Collections;
  /** The name of the collection in the path; empty where there is none. */
  readonly name: string;
  readonly body: unknown;
  /** Whether the answer comes after the write has taken effect, as far as the answer says. */
  readonly wait: boolean;
}

/** A request that this Qdrant knows. */
export interface Route {
  readonly method: string;
  /** As in Qdrant's OpenAPI document, https://api.qdrant.tech/. */
  readonly path: string;
  /** Qdrant's limits in strict mode are of reads and of writes; none for what is about the server. */
  readonly limit?: 'reads' | 'writes';
  /** The name of the logical operation, for those that are one. */
  readonly operation?: string;
  readonly hasBody?: true;
  answer(call: RouteCall): JsonValue;
}

/** An update takes effect at once, also when nobody waits for it: then only the answer says less. */
function updated(operationId: number, { wait }: RouteCall): JsonValue {
  return { operation_id: operationId, status: wait ? 'completed' : 'acknowledged' };
}

const collection = '/collections/{name}';

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/collections',
    answer: ({ collections }) => ({ collections: [...collections.keys()].map((name) => ({ name })) }),
  },
  {
    method: 'GET',
    path: collection,
    answer: ({ collections, name }) => describeCollection(collectionNamed(collections, name)),
  },
  {
    method: 'GET',
    path: `${collection}/exists`,
    answer: ({ collections, name }) => ({ exists: collections.has(name) }),
  },
  {
    method: 'PUT',
    path: collection,
    hasBody: true,
    answer: ({ collections, name, body }) => createCollection(collections, name, body),
  },
  { method: 'DELETE', path: collection, answer: ({ collections, name }) => collections.delete(name) },
  {
    method: 'PUT',
    path: `${collection}/index`,
    hasBody: true,
    answer: (call) => updated(createIndex(collectionNamed(call.collections, call.name), call.body), call),
  },
  {
    method: 'PUT',
    path: `${collection}/points`,
    limit: 'writes',
    operation: 'upsert',
    hasBody: true,
    answer: (call) => updated(upsertPoints(collectionNamed(call.collections, call.name), call.body), call),
  },
  {
    method: 'POST',
    path: `${collection}/points/delete`,
    limit: 'writes',
    operation: 'delete',
    hasBody: true,
    answer: (call) => updated(deletePoints(collectionNamed(call.collections, call.name), call.body), call),
  },
  {
    method: 'POST',
    path: `${collection}/points/query`,
    limit: 'reads',
    operation: 'query',
    hasBody: true,
    answer: ({ collections, name, body }) => queryPoints(collectionNamed(collections, name), body),
  },
  {
    method: 'POST',
    path: `${collection}/points/search`,
    limit: 'reads',
    operation: 'search',
    hasBody: true,
    answer: ({ collections, name, body }) => searchPoints(collectionNamed(collections, name), body),
  },
  {
    method: 'POST',
    path: `${collection}/points`,
    limit: 'reads',
    operation: 'retrieve',
    hasBody: true,
    answer: ({ collections, name, body }) => retrievePoints(collectionNamed(collections, name), body),
  },
  {
    method: 'POST',
    path: `${collection}/points/scroll`,
    limit: 'reads',
    hasBody: true,
    answer: ({ collections, name, body }) => scrollPoints(collectionNamed(collections, name), body),
  },
  {
    method: 'POST',
    path: `${collection}/points/count`,
    limit: 'reads',
    hasBody: true,
    answer: ({ collections, name, body }) => countPoints(collectionNamed(collections, name), body),
  },
];

/** What the server says of itself. It follows version 1.18; the official client warns of one more than a minor version away. */
export const serverPages: Readonly<Record<string, JsonValue>> = {
  '/': { title: 'qdrant - vector search engine', version: '1.18.0', commit: 'gameday' },
  '/healthz': 'healthz check passed',
  '/livez': 'livez check passed',
  '/readyz': 'all shards are ready',
};

/** The requests that this Qdrant knows, for whoever sent another. */
export const knownRequests: readonly string[] = [
  ...Object.keys(serverPages).map((path) => `GET ${path}`),
  ...routes.map(({ method, path }) => `${method} ${path}`),
];

/** Looks a request up; undefined when it is none of ours. */
export function routeOf(method: string, path: string): { readonly route: Route; readonly name: string } | undefined {
  const [, root, encoded = '', ...rest] = path.split('/');
  if (root !== 'collections') return undefined;
  const pattern = ['/collections', ...(encoded === '' ? [] : ['{name}']), ...rest].join('/');
  const route = routes.find((one) => one.method === method && one.path === pattern);
  const name = decoded(encoded);
  return route && name !== undefined ? { route, name } : undefined;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
