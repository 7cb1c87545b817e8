import type { FaultSpec } from './faults/types.ts';
import type { LoadSpec } from './load/types.ts';
import type { ObjectiveSpec } from './judge/types.ts';
import type { WorldSpec } from './world/types.ts';

/** An experiment: what is promised, in which world, under which load and faults, and how the promise is judged. Plain data. */
export interface Scenario {
  /** Kebab-case, unique in the library. */
  readonly name: string;
  /** One or two sentences that a product owner would sign. */
  readonly promise: string;
  /** Rows of the coverage matrix, `S1` to `S24`. */
  readonly covers: readonly string[];
  readonly world: WorldSpec;
  readonly load: readonly LoadSpec[];
  /** One after another, in this order. */
  readonly faults: readonly FaultSpec[];
  readonly objectives: readonly ObjectiveSpec[];
  /** Lengths of phases that this scenario needs instead of the pace's. Milliseconds. A fault's own `durationMs` goes before `faultMs`. */
  readonly phases?: PhaseLengths;
  /** Where the expectations come from: URLs. */
  readonly references: readonly string[];
}

/** Lengths of phases, in milliseconds. `holdMs` is the window over which recovery has to hold. */
export interface PhaseLengths {
  readonly warmUpMs?: number;
  readonly baselineMs?: number;
  readonly faultMs?: number;
  readonly holdMs?: number;
  /** At least this; twice the time of the drain formula where that is longer. */
  readonly recoveryMs?: number;
}
