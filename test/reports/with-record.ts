import type { ObjectiveVerdict, RunRecord } from '../../harness/record.ts';
import type { ReportInput } from '../../reports/report-input.ts';
import { exampleRun } from './example-run.ts';

/** The passing example with some keys of its record replaced. */
export function withRecord(change: Partial<RunRecord>, input: ReportInput = exampleRun('passing')): ReportInput {
  return { ...input, record: { ...input.record, ...change } };
}

/** The passing example with its first objective changed, in a run of that outcome. */
export function withObjective(change: Partial<ObjectiveVerdict>): ReportInput {
  const input = exampleRun('passing');
  const { verdict } = input.record;
  const [first, ...others] = verdict.objectives;
  if (first === undefined) throw new Error('The example has no objective.');
  const objectives = [{ ...first, ...change }, ...others];
  return withRecord({ verdict: { ...verdict, outcome: change.outcome ?? 'pass', objectives } }, input);
}

/** The passing example, called invalid for these reasons although its objectives passed. */
export function invalidRun(...invalidReasons: string[]): ReportInput {
  const input = exampleRun('passing');
  return withRecord({ verdict: { ...input.record.verdict, outcome: 'invalid', invalidReasons } }, input);
}

/** What a hostile target might say: markup, terminal sequences, table and list marks, a credential. */
export const hostileText =
  '<script>document.title="owned"</script><img src=x onerror=alert(1)> | `tick` \u001b[2J\u0000\u202e ]]> "q" \'a\' [x](javascript:alert(2)) Bearer abcdef0123456789';
