import type { WorkClass } from '../observe/observations.ts';

/** How arrivals are spread over time. Rates are per second; times in milliseconds since the origin. */
export type ArrivalProfile =
  | { readonly kind: 'poisson'; readonly ratePerSecond: number }
  | { readonly kind: 'constant'; readonly ratePerSecond: number }
  /** A Poisson process whose rate is another while the named faults are there: a flood that comes with the trouble and leaves with it. */
  | {
      readonly kind: 'flood';
      readonly ratePerSecond: number;
      readonly duringFaults: readonly string[];
      readonly floodPerSecond: number;
    }
  | { readonly kind: 'steps'; readonly steps: readonly { readonly fromMs: number; readonly ratePerSecond: number }[] }
  | { readonly kind: 'ramp'; readonly fromPerSecond: number; readonly toPerSecond: number };

/** Load as a scenario writes it down: plain data. */
export type LoadSpec = RequestLoad | FollowLoad;

/** Requests to an operation of the target, open loop. */
export interface RequestLoad {
  readonly kind: 'requests';
  /** The operation in the target's config. */
  readonly operation: 'ask' | 'ingest';
  readonly workClass: WorkClass;
  readonly profile: ArrivalProfile;
  /** How long the caller waits, from when the request was due. Milliseconds. */
  readonly deadlineMs: number;
  /** For `ingest`: documents per request and words per document. */
  readonly documentsPerRequest?: number;
}

/** The target is told once to follow a source's feed of changes, and does so for the whole run. */
export interface FollowLoad {
  readonly kind: 'follow';
  readonly operation: 'follow';
  /** The source part. */
  readonly part: string;
  /** Changes per second at the source, λ. */
  readonly feedPerSecond: number;
  /** Records per second that the source lets through when nothing is wrong, μ. */
  readonly capacityPerSecond: number;
}
