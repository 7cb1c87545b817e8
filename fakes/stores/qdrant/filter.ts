import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../../harness/kit/json.ts';
import { isJsonObject, valuesAt } from './payload.ts';
import { PointIdSchema, type PointId } from './point-id.ts';
import { readAs, unsupported } from './refusal.ts';

/** Whether a point fits. */
export type Predicate = (point: { readonly id: PointId; readonly payload: JsonObject }) => boolean;

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Match = z.union([
  z.strictObject({ value: Scalar }),
  z.strictObject({ any: z.array(Scalar) }),
  z.strictObject({ except: z.array(Scalar) }),
]);
const Range = z.strictObject({
  lt: z.number().nullish(),
  lte: z.number().nullish(),
  gt: z.number().nullish(),
  gte: z.number().nullish(),
});
const Field = z.strictObject({ key: z.string(), match: Match.optional(), range: Range.optional() });
const HasId = z.strictObject({ has_id: z.array(PointIdSchema) });
const IsEmpty = z.strictObject({ is_empty: z.strictObject({ key: z.string() }) });
const IsNull = z.strictObject({ is_null: z.strictObject({ key: z.string() }) });
const Clauses = z.strictObject({
  must: z.unknown().optional(),
  should: z.unknown().optional(),
  must_not: z.unknown().optional(),
});

const known = [
  '{ must, should, must_not }',
  '{ key, match: { value } | { any } | { except } }',
  '{ key, range: { lt, lte, gt, gte } }',
  '{ has_id }',
  '{ is_empty: { key } }',
  '{ is_null: { key } }',
];

/** Reads a filter: https://qdrant.tech/documentation/concepts/filtering/. None lets every point through. */
export function compileFilter(filter: unknown): Predicate | undefined {
  if (filter === undefined || filter === null) return undefined;
  const clauses = readAs(Clauses, filter, known);
  const must = conditionsOf(clauses.must);
  const should = conditionsOf(clauses.should);
  const mustNot = conditionsOf(clauses.must_not);
  return (point) =>
    must.every((fits) => fits(point)) &&
    (should.length === 0 || should.some((fits) => fits(point))) &&
    !mustNot.some((fits) => fits(point));
}

function conditionsOf(clause: unknown): readonly Predicate[] {
  if (clause === undefined || clause === null) return [];
  return (Array.isArray(clause) ? (clause as readonly unknown[]) : [clause]).map(compileCondition);
}

function compileCondition(condition: unknown): Predicate {
  if (isJsonObject(condition)) {
    if ('key' in condition) return fieldCondition(readAs(Field, condition, known));
    if ('has_id' in condition) {
      const ids = new Set(readAs(HasId, condition, known).has_id);
      return ({ id }) => ids.has(id);
    }
    if ('is_empty' in condition) {
      const { key } = readAs(IsEmpty, condition, known).is_empty;
      return ({ payload }) => valuesAt(payload, key).every((value) => value === null);
    }
    if ('is_null' in condition) {
      const { key } = readAs(IsNull, condition, known).is_null;
      return ({ payload }) => valuesAt(payload, key).includes(null);
    }
  }
  const nested = compileFilter(condition);
  if (!nested) throw unsupported('a condition of null', known);
  return nested;
}

function fieldCondition({ key, match, range }: z.infer<typeof Field>): Predicate {
  if ((match === undefined) === (range === undefined)) throw unsupported(`the condition on "${key}"`, known);
  const fits = match ? matching(match) : within(range ?? {});
  return ({ payload }) => valuesAt(payload, key).some(fits);
}

function matching(match: z.infer<typeof Match>): (value: JsonValue) => boolean {
  if ('value' in match) return (value) => value === match.value;
  const listed = new Set<JsonValue>('any' in match ? match.any : match.except);
  return (value) => listed.has(value) === 'any' in match;
}

/** JSON has no infinities, so an end left open is one. */
function within({ lt, lte, gt, gte }: z.infer<typeof Range>): (value: JsonValue) => boolean {
  return (value) =>
    typeof value === 'number' &&
    value < (lt ?? Infinity) &&
    value <= (lte ?? Infinity) &&
    value > (gt ?? -Infinity) &&
    value >= (gte ?? -Infinity);
}
