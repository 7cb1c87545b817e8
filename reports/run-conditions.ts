import type { RunRecord } from '../harness/record.ts';

/** What makes a run other than the usual one, in words; empty for the usual one. */
export function runConditions({ plan, run }: RunRecord): readonly string[] {
  return [
    ...(plan.rate === undefined ? [] : [`load at ${plan.rate} of the scenario's rate`]),
    ...(run.interleaved === true ? ['interleaved by the seed'] : []),
  ];
}
