import type { AnyKind } from './active-toxic.ts';
import { apiErrors } from './api-error.ts';
import { isHttpKind, type AttributeSpec, type AttributeValues } from './http/http-toxic.ts';
import { matcherAttributes } from './http/matcher.ts';
import { withNames } from './field-names.ts';
import type { AttributeRange } from './toxics/toxic.ts';

/** What Toxiproxy 2.12.0 has, and what came to it later. */
const theirTypes: ReadonlySet<string> = new Set([
  ...['latency', 'bandwidth', 'slow_close', 'timeout', 'reset_peer', 'slicer', 'limit_data', 'noop', 'packet_loss'],
]);

/** How long a text may be where nothing else is said. */
export const mostCharacters = 1000;

/** Every attribute that toxics of a kind have, in their order. */
export function attributesOf(kind: AnyKind): readonly (readonly [name: string, spec: AttributeSpec])[] {
  const own: (readonly [string, AttributeSpec])[] = Object.entries(kind.attributes);
  return isHttpKind(kind) ? [...Object.entries(matcherAttributes), ...own] : own;
}

/**
 * The attributes of a toxic: those of `given` over `current` (the default where neither has one). Throws an ApiError 400 that names every bad one
 * with what it may be; also for one that the kind does not have, unless it is a kind of Toxiproxy, which ignores such, and it is not nearly one of those
 * that there are.
 */
export function readAttributes(
  kind: AnyKind,
  given: Readonly<Record<string, unknown>>,
  current: AttributeValues = {},
): AttributeValues {
  const problems: string[] = [];
  const values: Record<string, number | string> = {};
  const specs = attributesOf(kind);
  const what = `attribute of ${kind.type}`;
  const named = withNames(given, { known: specs.map(([name]) => name), what, isStrict: !theirTypes.has(kind.type) });
  for (const [name, spec] of specs) {
    const value = named[name] ?? current[name] ?? defaultOf(spec);
    const wanted = isRange(spec) ? wantedNumber(value, spec) : wantedText(value, spec);
    if (wanted === undefined) values[name] = value as number | string;
    else problems.push(`attribute "${name}" of ${kind.type} must be ${wanted}, not ${JSON.stringify(value)}`);
  }
  if (problems.length === 0) problems.push(...problemsOf(kind, values));
  if (problems.length > 0) throw apiErrors.badBody(problems.join('; '));
  return values;
}

/** From 0 to 1, both included. Throws an ApiError 400 for others, and where the kind can be done to all clients or to none, and it is neither. */
export function readToxicity(kind: AnyKind, toxicity: number): number {
  if (!(toxicity >= 0 && toxicity <= 1))
    throw apiErrors.badBody(`toxicity of ${kind.type} must be a number from 0 to 1 (share), not ${toxicity}`);
  if (kind.door && toxicity !== 0 && toxicity !== 1)
    throw apiErrors.badBody(
      `toxicity of ${kind.type} must be 0 or 1, since a port is shut for all or for none, not ${toxicity}`,
    );
  return toxicity;
}

export function isRange(spec: AttributeSpec): spec is AttributeRange {
  return 'from' in spec;
}

export function defaultOf(spec: AttributeSpec): number | string {
  return spec.default ?? (isRange(spec) ? 0 : '');
}

function problemsOf(kind: AnyKind, values: Readonly<Record<string, number | string>>): readonly string[] {
  if (isHttpKind(kind)) return kind.problems?.(values) ?? [];
  if ('handshake' in kind) return [];
  return kind.problems?.(values as Readonly<Record<string, number>>) ?? [];
}

/** What a number should be instead; undefined where it is in order. */
function wantedNumber(value: unknown, { from, to, unit, isFraction = false }: AttributeRange): string | undefined {
  const isInOrder =
    typeof value === 'number' && value >= from && value <= to && (isFraction || Number.isInteger(value));
  return isInOrder ? undefined : `a ${isFraction ? 'number' : 'whole number'} from ${from} to ${to} (${unit})`;
}

/** What a text should be instead; undefined where it is in order. */
function wantedText(value: unknown, spec: Exclude<AttributeSpec, AttributeRange>): string | undefined {
  const { choices, mostCharacters: most = mostCharacters } = spec;
  if (choices)
    return typeof value === 'string' && choices.includes(value)
      ? undefined
      : `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
  if (typeof value !== 'string' || value.length > most) return `a text of at most ${most} characters`;
  return spec.problem?.(value);
}
