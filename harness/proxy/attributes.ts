import { apiErrors } from './api-error.ts';
import type { Attributes, ToxicKind } from './toxics/toxic.ts';

/**
 * The attributes of a toxic: those of `given` over `current` (0 where neither has one). Attributes that the kind does not have are
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
    const value = given[name] ?? current[name] ?? 0;
    if (typeof value === 'number' && Number.isInteger(value) && value >= range.from && value <= range.to) {
      values[name] = value;
    } else {
      problems.push(
        `attribute "${name}" of ${kind.type} must be a whole number from ${range.from} to ${range.to} (${range.unit}), not ${JSON.stringify(value)}`,
      );
    }
  }
  if (problems.length > 0) throw apiErrors.badBody(problems.join('; '));
  return values;
}
