import type { Collection } from './collection.ts';
import { isJsonObject } from './payload.ts';
import { formatError, unsupported, wrongInput } from './refusal.ts';

/** Reads the vector of a point or of a query; null for `{}`, which is none. */
export function readVector(value: unknown, { vectors }: Collection): Float32Array | null {
  if (isJsonObject(value) && Object.keys(value).length === 0) return null;
  if (value === undefined) throw formatError('missing field `vector`');
  if (!Array.isArray(value)) throw unsupported('a vector', ['[number, …]', '{} for none']);
  const numbers = value as readonly unknown[];
  if (!numbers.every(isFinite)) throw formatError('data did not match any variant of untagged enum VectorStruct');
  if (!vectors) throw wrongInput('Not existing vector name error: ');
  if (numbers.length !== vectors.size) {
    throw wrongInput(`Vector dimension error: expected dim: ${vectors.size}, got ${numbers.length}`);
  }
  return Float32Array.from(numbers);
}

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
