import { toxicKinds } from './toxics/index.ts';

/** One attribute of a toxic, as `GET /capabilities` tells of it. */
interface AttributeCapability {
  readonly name: string;
  readonly unit: string;
  /** Both included. */
  readonly from: number;
  readonly to: number;
  readonly default: number;
  /** Whether it has to be given, since its default is out of its range. */
  readonly required: boolean;
  /** Whether it has to be a whole number. */
  readonly integer: boolean;
}

interface ToxicCapability {
  readonly type: string;
  readonly attributes: readonly AttributeCapability[];
}

/** Every type of toxic that this server knows, with its attributes, their units, ranges and defaults. */
export function capabilities(): { readonly types: readonly ToxicCapability[] } {
  return {
    types: toxicKinds.map(({ type, attributes }) => ({
      type,
      attributes: Object.entries(attributes).map(([name, range]) => {
        const { from, to, unit, default: value = 0, isFraction = false } = range;
        return { name, unit, from, to, default: value, required: value < from || value > to, integer: !isFraction };
      }),
    })),
  };
}
