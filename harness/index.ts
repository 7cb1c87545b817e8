/** The public names of gameday, listed by hand. */
export { eventLogHash } from './event-log.ts';
export { blackHole } from './faults/black-hole.ts';
export { cutStream } from './faults/cut-stream.ts';
export { failRequests } from './faults/fail-requests.ts';
export { memoryPressure } from './faults/memory-pressure.ts';
export { narrowLink } from './faults/narrow-link.ts';
export { noisyNeighbour } from './faults/noisy-neighbour.ts';
export { resetConnections } from './faults/reset-connections.ts';
export { slowFirstByte } from './faults/slow-first-byte.ts';
export { slowLink } from './faults/slow-link.ts';
export { stallStream } from './faults/stall-stream.ts';
export { streamError } from './faults/stream-error.ts';
export { throttle } from './faults/throttle.ts';
export type { FaultSpec } from './faults/types.ts';
export { unavailable } from './faults/unavailable.ts';
export { milliseconds, minutes, perSecond, seconds } from './kit/durations.ts';
export { ask, ingest, ingestFeed } from './load/loads.ts';
export type { ArrivalProfile, FollowLoad, LoadSpec, RequestLoad } from './load/types.ts';
export {
  attemptsPerOperation,
  availability,
  batchGivesWay,
  concurrencyWithin,
  correctness,
  drained,
  gapsGrowAndSpread,
  goodput,
  noDuplicates,
  nothingLost,
  preemption,
  queueBounded,
  retryAmplification,
  timeToFirstToken,
  waitsForRetryAfter,
  wastedWork,
} from './judge/index.ts';
export type { ObjectiveSpec } from './judge/types.ts';
export type { Plan, RunRecord, RunVerdict } from './record.ts';
export type { PhaseLengths, Scenario } from './scenario.ts';
export { simulate, type SimulatedRun } from './simulate.ts';
export type { AnswerEvent, DefectSpec, TargetConfig, TargetOperations, TargetRequest } from './world/target.ts';
export type {
  Corpus,
  CorpusSpec,
  CreateCorpus,
  CreateTarget,
  InProcessTarget,
  PartSpec,
  TargetContext,
  WorldSpec,
} from './world/types.ts';
