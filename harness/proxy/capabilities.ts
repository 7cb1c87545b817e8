import type { AnyKind } from './active-toxic.ts';
import { attributesOf, defaultOf, isRange, mostCharacters } from './attributes.ts';
import type { AttributeSpec } from './http/http-toxic.ts';
import { anyKinds } from './kinds.ts';

/** One attribute of a toxic, as `GET /capabilities` tells of it. */
type AttributeCapability =
  | {
      readonly name: string;
      readonly kind: 'number';
      readonly unit: string;
      /** Both included. */
      readonly from: number;
      readonly to: number;
      /** Null where it has to be given. */
      readonly default: number | null;
      /** Whether it has to be given: Toxiproxy's default is out of its range. */
      readonly required: boolean;
      /** Whether it has to be a whole number. */
      readonly integer: boolean;
    }
  | {
      readonly name: string;
      readonly kind: 'text';
      readonly default: string;
      readonly required: false;
      /** What it may be; null where it may be more than some words. */
      readonly choices: readonly string[] | null;
      /** How long it may be; null where there are choices. */
      readonly mostCharacters: number | null;
      /** What it has to look like where it is not empty, in words; null where it may look like anything, and where there are choices. */
      readonly format: string | null;
    };

interface ToxicCapability {
  readonly type: string;
  /** Whether it is done to the bytes of a connection, to requests and their responses, or to the handshakes of clients with TLS. */
  readonly layer: 'tcp' | 'http' | 'tls';
  readonly attributes: readonly AttributeCapability[];
}

/** Every type of toxic that this server knows, with its attributes, their units, ranges and defaults. */
export function capabilities(): { readonly types: readonly ToxicCapability[] } {
  return { types: anyKinds.map(capabilityOf) };
}

function capabilityOf(kind: AnyKind): ToxicCapability {
  const attributes = attributesOf(kind).map(([name, spec]) => attributeOf(name, spec));
  return { type: kind.type, layer: 'layer' in kind ? kind.layer : 'tcp', attributes };
}

function attributeOf(name: string, spec: AttributeSpec): AttributeCapability {
  if (!isRange(spec)) {
    const { choices = null, format = null, mostCharacters: most = mostCharacters } = spec;
    const limits = choices === null ? { mostCharacters: most, format } : { mostCharacters: null, format: null };
    return { name, kind: 'text', default: String(defaultOf(spec)), required: false, choices, ...limits };
  }
  const { from, to, unit, default: value = 0, isFraction = false } = spec;
  const required = value < from || value > to;
  return { name, kind: 'number', unit, from, to, default: required ? null : value, required, integer: !isFraction };
}
