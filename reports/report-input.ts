import type { Call, RunRecord, Sample } from '../harness/record.ts';

/** All that a report is made from: a run as it was stored. */
export interface ReportInput {
  readonly record: RunRecord;
  readonly samples: readonly Sample[];
  readonly calls: readonly Call[];
}

/** A scenario that could not be run here, and why. It is never counted as passed. */
export interface SkippedRun {
  readonly scenario: string;
  readonly reason: string;
}
