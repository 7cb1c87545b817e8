import { z } from 'zod';

/** An unsigned integer, or a UUID in its hyphenated form in lower case. */
export type PointId = number | string;

const uuid = /^(?:urn:uuid:)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/**
 * The id of a point: https://qdrant.tech/documentation/concepts/points/#point-ids. Integers above 2^53, which JavaScript cannot hold, are
 * refused.
 */
export const PointIdSchema = z
  .custom<PointId>((value) => canonicalId(value) !== undefined, {
    error: ({ input }) =>
      `value ${String(input)} is not a valid point ID, valid values are either an unsigned integer or a UUID`,
  })
  .transform((value) => canonicalId(value) ?? value);

function canonicalId(value: unknown): PointId | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  return uuid.exec(value.toLowerCase())?.slice(1).join('-');
}

/** The order in which Qdrant scrolls: integers first, then UUIDs. */
export function compareIds(left: PointId, right: PointId): number {
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
