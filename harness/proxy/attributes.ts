import { apiErrors } from './api-error.ts';
import type { AttributeRange, Attributes, ToxicKind } from './toxics/toxic.ts';

/**
 * The attributes of a toxic: those of `given` over `current` (the default where neither has one). Attributes that the kind does not have are
 * ignored, as in Toxiproxy. Throws an ApiError 400 that names every bad one with the range it may have.
 */
export function readAttributes(
  kind: ToxicKind,
  given: Readonly<Record<string, unknown>>,
  current: Attributes = {},
): Attributes {
  const problems: string[] = [];
  const values: Record<string, number> = {};
  for (const [name, range] of Object.entries(kind.attributes)) {
    const value = given[name] ?? current[name] ?? range.default ?? 0;
    const number = range.isFraction === true ? 'number' : 'whole number';
    if (typeof value === 'number' && isWithin(value, range)) {
      values[name] = value;
    } else {
      problems.push(
        `attribute "${name}" of ${kind.type} must be a ${number} from ${range.from} to ${range.to} (${range.unit}), not ${JSON.stringify(value)}`,
      );
    }
  }
  if (problems.length === 0) problems.push(...(kind.problems?.(values) ?? []));
  if (problems.length > 0) throw apiErrors.badBody(problems.join('; '));
  return values;
}

/** Any number, as in Toxiproxy. Throws an ApiError 400 where the kind can be done to all clients or to none, and it is neither. */
export function readToxicity(kind: ToxicKind, toxicity: number): number {
  if (kind.door && toxicity !== 0 && toxicity !== 1)
    throw apiErrors.badBody(
      `toxicity of ${kind.type} must be 0 or 1, since a port is shut for all or for none, not ${toxicity}`,
    );
  return toxicity;
}

function isWithin(value: number, { from, to, isFraction = false }: AttributeRange): boolean {
  return value >= from && value <= to && (isFraction || Number.isInteger(value));
}
