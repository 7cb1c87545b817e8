import type { Call, RunRecord, Sample } from '../harness/record.ts';

/** All that a report is made from: a run as it was stored. */
export interface ReportInput {
  readonly record: RunRecord;
  readonly samples: readonly Sample[];
  readonly calls: readonly Call[];
}
