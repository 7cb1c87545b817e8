import { seconds } from '../kit/durations.ts';
import type { PartSpec } from '../world/types.ts';
import type { ArrivalProfile, FollowLoad, RequestLoad } from './types.ts';

/** Questions from people who wait for the answer. Default deadline 5 s. */
export function ask(
  load: { ratePerSecond: number; deadlineMs?: number } | { profile: ArrivalProfile; deadlineMs?: number },
): RequestLoad {
  return {
    kind: 'requests',
    operation: 'ask',
    workClass: 'interactive',
    profile: profileOf(load),
    deadlineMs: load.deadlineMs ?? seconds(5),
  };
}

/** Batches of documents that can be put off. Default deadline 10 s, 8 documents a request. */
export function ingest(
  load: ({ ratePerSecond: number } | { profile: ArrivalProfile }) & {
    deadlineMs?: number;
    documentsPerRequest?: number;
  },
): RequestLoad {
  const { deadlineMs = seconds(10), documentsPerRequest = 8 } = load;
  return {
    kind: 'requests',
    operation: 'ingest',
    workClass: 'batch',
    profile: profileOf(load),
    deadlineMs,
    documentsPerRequest,
  };
}

/** Has the target follow a source's feed of changes for the whole run. The rates are those of the source: its changes, and its quota. */
export function ingestFeed(load: { from: PartSpec; feedPerSecond: number; capacityPerSecond: number }): FollowLoad {
  return {
    kind: 'follow',
    operation: 'follow',
    part: load.from.name,
    feedPerSecond: load.feedPerSecond,
    capacityPerSecond: load.capacityPerSecond,
  };
}

function profileOf(load: { ratePerSecond: number } | { profile: ArrivalProfile }): ArrivalProfile {
  return 'profile' in load ? load.profile : { kind: 'poisson', ratePerSecond: load.ratePerSecond };
}
