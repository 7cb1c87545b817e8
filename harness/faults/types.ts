import type { z } from 'zod';
import type { JsonObject } from '../kit/json.ts';
import type { FaultAccess, HostNeed } from '../world/types.ts';

/** A fault as a scenario writes it down: plain data. */
export interface FaultSpec {
  /** Unique in its scenario, kebab-case; names the phase and the receipt. */
  readonly name: string;
  /** Which injector does it: the name of a file in this folder, in camel case. */
  readonly kind: string;
  /** The part that it is done to, or whose link it is done to. */
  readonly part: string;
  /** What it does, as a sentence for the plan and the report. */
  readonly summary: string;
  readonly settings: JsonObject;
  /** How long it stays; undefined = as long as the pace says. Milliseconds. */
  readonly durationMs?: number;
  /** How many operations per second the part still does while it is there; used for the drain formula. Undefined = no change. */
  readonly remainingPerSecond?: number;
}

/** What a healed fault did. `altered` 0 makes the run invalid: the fault never bit. */
export interface FaultEffect {
  /** When it was seen active and seen ended, by the injector's own probe: epoch milliseconds. */
  readonly activeFromMs: number;
  readonly activeToMs: number;
  readonly seen: number;
  readonly altered: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly ended: 'healed' | 'lease lapsed';
}

export interface ActiveFault {
  readonly activeFromMs: number;
  /** Ends the fault and tells what it did. Healing twice is fine and gives the same effect. */
  heal(): Promise<FaultEffect>;
}

/** One kind of fault: one file, one export, one line in `faults/index.ts`. */
export interface FaultInjector {
  readonly kind: string;
  /** What `settings` may hold; checked before anything starts. */
  readonly settings: z.ZodType;
  /** What it needs of the world's host; default nothing: links and the admin API of parts are in every world. */
  readonly needs?: readonly HostNeed[];
  inject(spec: FaultSpec, access: FaultAccess, leaseMs: number): Promise<ActiveFault>;
}
