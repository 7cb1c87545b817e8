import type { RunRecord, VerdictOutcome } from '../harness/record.ts';
import { formatDuration } from '../harness/kit/durations.ts';
import { consoleTable } from './console-table.ts';
import { paintedWord } from './console.ts';
import { plainText } from './plain-text.ts';

/** One line at the end of `gameday run`. A skipped scenario could not be run here; it is never counted as passed. */
type RunSummary =
  | { readonly kind: 'skipped'; readonly scenario: string; readonly reason: string }
  | { readonly kind: 'judged'; readonly record: RunRecord; readonly reportPath: string | null };

/** Several runs as one table: scenario, verdict, duration and the report to open, then how many ended how. */
export function renderSummary(runs: readonly RunSummary[], settings: { readonly color: boolean }): string {
  if (runs.length === 0) return 'Nothing was run.\n';
  const rows = runs.map((run) => {
    if (run.kind === 'skipped') return ['SKIPPED', plainText(run.scenario), '-', plainText(run.reason)];
    const { plan, verdict } = run.record;
    return [
      paintedWord(verdict.outcome, settings),
      plainText(plan.scenario),
      formatDuration(plan.durationMs),
      plainText(run.reportPath ?? '-'),
    ];
  });
  const table = consoleTable({
    head: ['verdict', 'scenario', 'duration', 'report'],
    rows,
    widths: [null, null, null, null],
  });
  return `${table}\n\n${counts(runs)}\n`;
}

function counts(runs: readonly RunSummary[]): string {
  const order = ['fail', 'invalid', 'inconclusive', 'skipped', 'pass'] as const;
  const parts = order
    .map((outcome) => ({ outcome, count: runs.filter((run) => outcomeOf(run) === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${outcome}`);
  return `${runs.length} scenario${runs.length === 1 ? '' : 's'}: ${parts.join(', ')}`;
}

function outcomeOf(run: RunSummary): VerdictOutcome | 'skipped' {
  return run.kind === 'skipped' ? 'skipped' : run.record.verdict.outcome;
}
