import { attemptsPerOperationJudge } from './attempts-per-operation.ts';
import { availabilityJudge } from './availability.ts';
import { batchGivesWayJudge } from './batch-gives-way.ts';
import { concurrencyWithinJudge } from './concurrency-within.ts';
import { correctnessJudge } from './correctness.ts';
import { drainedJudge } from './drained.ts';
import { gapsGrowAndSpreadJudge } from './gaps-grow-and-spread.ts';
import { goodputJudge } from './goodput.ts';
import { noDuplicatesJudge } from './no-duplicates.ts';
import { nothingLostJudge } from './nothing-lost.ts';
import { preemptionJudge } from './preemption.ts';
import { queueBoundedJudge } from './queue-bounded.ts';
import { retryAmplificationJudge } from './retry-amplification.ts';
import { timeToFirstTokenJudge } from './time-to-first-token.ts';
import type { ObjectiveJudge } from './types.ts';
import { waitsForRetryAfterJudge } from './waits-for-retry-after.ts';
import { wastedWorkJudge } from './wasted-work.ts';

/** Every kind of objective, by hand. */
export const judges: readonly ObjectiveJudge[] = [
  attemptsPerOperationJudge,
  availabilityJudge,
  batchGivesWayJudge,
  concurrencyWithinJudge,
  correctnessJudge,
  drainedJudge,
  gapsGrowAndSpreadJudge,
  goodputJudge,
  noDuplicatesJudge,
  nothingLostJudge,
  preemptionJudge,
  queueBoundedJudge,
  retryAmplificationJudge,
  timeToFirstTokenJudge,
  waitsForRetryAfterJudge,
  wastedWorkJudge,
];

export function judgeFor(kind: string): ObjectiveJudge | undefined {
  return judges.find((judge) => judge.kind === kind);
}
