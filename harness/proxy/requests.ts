import { z } from 'zod';
import type { ActiveToxic, AnyKind, Direction, ToxicRequest } from './active-toxic.ts';
import { apiErrors } from './api-error.ts';
import { attributesOf, readAttributes, readToxicity } from './attributes.ts';
import { checkAtProxy } from './check-at-proxy.ts';
import { withNames } from './field-names.ts';
import type { AttributeValues } from './http/http-toxic.ts';
import { anyKinds } from './kinds.ts';
import { parse, parseValue } from './read-body.ts';
import { TlsBody, type TlsSettings } from './tls/tls-settings.ts';
import type { Turns } from './turns.ts';

/** Longer ones make a path that servers of HTTP refuse. */
const longestName = 1024;
/** Each is some calls deep for every chunk: with some thousands the platform's stack ends. */
export const mostToxics = 500;

/** As in Go's decoder, null counts as absent and unknown fields are ignored. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/** What Toxiproxy does not know: `lease` is in seconds, up to a day. */
const ownBody = {
  seed: optional(z.number().int()),
  lease: optional(z.number().positive().max(86_400)),
};
const ToxicBody = z.object({
  name: optional(z.string()),
  type: optional(z.string()),
  stream: optional(z.string()),
  toxicity: optional(z.number()),
  attributes: optional(z.record(z.string(), z.unknown())),
  ...ownBody,
});
const ToxicChangeBody = ToxicBody.pick({ toxicity: true, attributes: true, seed: true, lease: true });
const ProxyChangeBody = z.object({
  listen: optional(z.string()),
  upstream: optional(z.string()),
  enabled: optional(z.boolean()),
  tls: TlsBody,
  ...ownBody,
});
const ProxyBody = ProxyChangeBody.extend({
  name: optional(z.string()),
  toxics: z.preprocess(atMostToxics, optional(z.array(z.preprocess((value) => toxicFieldsOf(value), ToxicBody)))),
});
const LeaseBody = z.object({ leaseMs: z.number().positive().max(86_400_000).optional() });

export interface ProxyRequest {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: readonly ToxicRequest[];
  /** On which sides it speaks TLS; default on none. */
  readonly tls?: TlsSettings | undefined;
  /** Decides what is left to chance at it, in place of the server's seed. */
  readonly seed?: number | undefined;
  /** Without a heartbeat for so long it is healed: its toxics go, and it is enabled. Default never. Milliseconds. */
  readonly leaseMs?: number | undefined;
}

export interface ProxyChange {
  readonly listen?: string | undefined;
  readonly upstream?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Takes the place of what it had; `{}` for TLS on no side. */
  readonly tls?: TlsSettings | undefined;
  /** What it has already; another is refused. */
  readonly seed?: number | undefined;
  /** Takes the place of the lease that it had. Milliseconds. */
  readonly leaseMs?: number | undefined;
}

export interface ToxicChange {
  readonly toxicity: number;
  readonly attributes: AttributeValues;
  /** What it has already; another is refused. */
  readonly seed?: number | undefined;
  /** Takes the place of the lease that it had. Milliseconds. */
  readonly leaseMs?: number | undefined;
}

export function readProxy(text: string): ProxyRequest {
  return toProxyRequest(parse(fields(ProxyBody), text), '');
}

/** Checks every entry before the first is applied; `at proxy N` counts from 1. A long list is read in several goes. */
export async function readProxies(text: string, turns: Turns): Promise<readonly ProxyRequest[]> {
  const requests: ProxyRequest[] = [];
  for (const [index, entry] of (parse(z.array(z.unknown()).nullable(), text) ?? []).entries()) {
    const where = ` at proxy ${index + 1}`;
    requests.push(toProxyRequest(parseValue(fields(ProxyBody), entry, where), where));
    await turns.pause();
  }
  return requests;
}

export function readProxyChange(text: string): ProxyChange {
  const { lease, ...change } = parse(fields(ProxyChangeBody), text);
  return { ...change, leaseMs: lease === undefined ? undefined : lease * 1000 };
}

export function readToxic(text: string): ToxicRequest {
  return toToxicRequest(
    parse(
      z.preprocess((value) => toxicFieldsOf(value), ToxicBody),
      text,
    ),
  );
}

/** Attributes that are not named keep their values. */
export function readToxicChange(text: string, toxic: ActiveToxic): ToxicChange {
  const placed = z.preprocess((value) => toxicFieldsOf(value, toxic.kind), ToxicChangeBody);
  const body = parse(placed, text);
  return {
    toxicity: readToxicity(toxic.kind, body.toxicity ?? toxic.toxicity),
    attributes: readAttributes(toxic.kind, body.attributes ?? {}, toxic.attributes),
    ...ownOf(body),
  };
}

/** Milliseconds; undefined where only the leases of proxies and toxics are to be renewed. */
export function readLease(text: string): number | undefined {
  return text.trim() === '' ? undefined : parse(fields(LeaseBody), text).leaseMs;
}

/** An object as Go's decoder takes it: null is one without fields, and the case of names does not matter. */
export function fields<T extends z.ZodObject>(schema: T): z.ZodType<z.output<T>> {
  return z.preprocess((value) => fieldsOf(value ?? {}, schema), schema);
}

/** Before they are looked at. Throws an ApiError 400 for more than there may be. */
function atMostToxics(value: unknown): unknown {
  if (Array.isArray(value) && value.length > mostToxics) throw apiErrors.tooManyToxics(mostToxics);
  return value;
}

/** With the names of its fields as they are written here. Throws an ApiError 400 for one that is nearly one of them; others are ignored. */
function fieldsOf(value: unknown, { shape }: z.ZodObject): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return withNames(value as Readonly<Record<string, unknown>>, { known: Object.keys(shape), what: 'field' });
}

/**
 * As `fieldsOf`, of a toxic. Throws an ApiError 400 where an attribute stands beside `attributes`, where it would be ignored: the fault would be another than its author thinks.
 *
 * @param kind default that of its `type`
 */
function toxicFieldsOf(value: unknown, kind?: AnyKind): unknown {
  const found = fieldsOf(value ?? {}, ToxicBody);
  if (typeof found !== 'object' || found === null || typeof value !== 'object' || value === null) return found;
  const { type } = found as { readonly type?: unknown };
  const known = kind ?? anyKinds.find((one) => one.type === type);
  const attributes = new Set(known && attributesOf(known).map(([name]) => name));
  const misplaced = Object.keys(value).find((name) => !(name in ToxicBody.shape) && attributes.has(name));
  if (misplaced !== undefined)
    throw apiErrors.badBody(
      `"${misplaced}" is an attribute: it belongs into "attributes", as {"attributes": {"${misplaced}": …}}.`,
    );
  return found;
}

function toProxyRequest(body: z.output<typeof ProxyBody>, where: string): ProxyRequest {
  if (!body.name) throw apiErrors.missingField(`name${where}`);
  checkName(body.name);
  if (!body.upstream) throw apiErrors.missingField(`upstream${where}`);
  const toxics = (body.toxics ?? []).map(toToxicRequest);
  if (new Set(toxics.map((toxic) => toxic.name)).size < toxics.length) throw apiErrors.toxicExists();
  const { name, listen = '', upstream, enabled = true, tls } = body;
  for (const [index, toxic] of toxics.entries()) checkAtProxy(toxic, { others: toxics.slice(0, index), tls });
  return { name, listen, upstream, enabled, toxics, tls, ...ownOf(body) };
}

function toToxicRequest(body: z.output<typeof ToxicBody>): ToxicRequest {
  const stream = body.stream ?? 'downstream';
  const direction = directions.get(stream.toLowerCase());
  if (!direction) throw apiErrors.invalidStream();
  const kind = anyKinds.find((candidate) => candidate.type === body.type);
  if (!kind)
    throw apiErrors.invalidToxicType(
      body.type,
      anyKinds.map(({ type }) => type),
    );
  // An empty name counts as none.
  const name = body.name === undefined || body.name === '' ? `${kind.type}_${stream}` : body.name;
  checkName(name);
  const attributes = readAttributes(kind, body.attributes ?? {});
  const toxicity = readToxicity(kind, body.toxicity ?? 1);
  return { name, kind, stream, direction, toxicity, attributes, ...ownOf(body) };
}

/** Throws an ApiError 400 for a name that no path can hold: what has it could not be asked for, changed or deleted. */
function checkName(name: string): void {
  if (name === '.' || name === '..') throw apiErrors.badBody(`name must not be "${name}": no path can hold it`);
  if (name.length > longestName)
    throw apiErrors.badBody(`name must have at most ${longestName} characters, not ${name.length}`);
}

function ownOf({ seed, lease }: { seed?: number | undefined; lease?: number | undefined }): {
  seed: number | undefined;
  leaseMs: number | undefined;
} {
  return { seed, leaseMs: lease === undefined ? undefined : lease * 1000 };
}

const directions: ReadonlyMap<string, Direction> = new Map([
  ['upstream', 'upstream'],
  ['downstream', 'downstream'],
]);
