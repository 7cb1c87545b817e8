import type { RunRecord } from '../harness/record.ts';

/** What makes a run other than the usual one, in words; empty for the usual one. */
export function runConditions({ run }: RunRecord): readonly string[] {
  return run.interleaved === true ? ['interleaved by the seed'] : [];
}
