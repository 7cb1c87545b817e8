import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../../harness/kit/json.ts';
import { readAs, unsupported } from './refusal.ts';

/** What of a payload goes into the answer; undefined for nothing. */
export type PayloadSelector = (payload: JsonObject) => JsonObject | undefined;

const Selector = z.union([
  z.boolean(),
  z.array(z.string()),
  z.strictObject({ include: z.array(z.string()) }),
  z.strictObject({ exclude: z.array(z.string()) }),
]);
const known = ['true', 'false', '["key"]', '{ include: ["key"] }', '{ exclude: ["key"] }'];

/** Reads `with_payload`. Only whole keys of the top level can be picked. */
export function payloadSelector(withPayload: unknown, fallback: boolean): PayloadSelector {
  const selector = readAs(Selector, withPayload ?? fallback, known);
  if (typeof selector === 'boolean') return selector ? (payload) => payload : () => undefined;
  if ('exclude' in selector) return picking(selector.exclude, false);
  return picking(Array.isArray(selector) ? selector : selector.include, true);
}

function picking(keys: readonly string[], wanted: boolean): PayloadSelector {
  if (keys.some((key) => /[.[]/.test(key))) throw unsupported(`the keys ${keys.join(', ')} of with_payload`, known);
  const named = new Set(keys);
  return (payload) => {
    const picked: Record<string, JsonValue> = {};
    for (const key in payload) {
      const value = payload[key];
      if (value !== undefined && named.has(key) === wanted) picked[key] = value;
    }
    return picked;
  };
}

/** The values at a path such as `author.name`; those of an array, each for itself. */
export function valuesAt(payload: JsonObject, path: string): readonly JsonValue[] {
  let values: readonly JsonValue[] = [payload];
  for (const key of path.replaceAll('[]', '').split('.')) {
    values = values.flatMap((value) => {
      const inner = isJsonObject(value) ? value[key] : undefined;
      return inner === undefined ? [] : Array.isArray(inner) ? (inner as readonly JsonValue[]) : [inner];
    });
  }
  return values;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
