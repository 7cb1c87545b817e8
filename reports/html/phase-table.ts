import { formatDuration } from '../../harness/kit/durations.ts';
import { formatNumber } from '../format-figure.ts';
import type { ReportInput } from '../report-input.ts';
import { operationFigures, operationNames, type Quantiles } from '../timeline/operation-figures.ts';
import { dataTable } from './data-table.ts';
import { markup, nothing, type Markup } from './markup.ts';

/** The charts in numbers: what each operation went through in each phase. */
export function phaseTable({ record, samples }: ReportInput): Markup {
  const tables = operationNames(samples).map((operation) => {
    const own = samples.filter((sample) => sample.operation === operation);
    const rows = record.plan.phases.map((phase) => {
      const inside = own.filter(({ dueMs }) => dueMs >= phase.startMs && dueMs < phase.endMs);
      const figures = operationFigures(inside);
      const counts = [figures.offered, figures.good, figures.shed, figures.failed].map(formatNumber);
      const goodShare = figures.offered === 0 ? 'n/a' : `${formatNumber((100 * figures.good) / figures.offered)} %`;
      return [phase.name, ...counts, goodShare, ...latencies(figures.firstTokenMs), ...latencies(figures.completionMs)];
    });
    const numbers = [
      'due',
      'good',
      'shed',
      'failed',
      'good share',
      'first token p50',
      'p95',
      'p99',
      'completion p50',
      'p95',
      'p99',
    ];
    return dataTable({
      caption: `${operation}, by phase`,
      columns: [{ title: 'phase' }, ...numbers.map((title) => ({ title, number: true }))],
      rows,
    });
  });
  return tables.length === 0
    ? nothing
    : markup`<section aria-labelledby="phases">
        <h2 id="phases">Phase by phase</h2>
        ${tables}
      </section>`;
}

function latencies({ p50, p95, p99 }: Quantiles): string[] {
  return [p50, p95, p99].map((value) => {
    if (value === null) return 'n/a';
    return Number.isFinite(value) ? formatDuration(Math.round(value)) : 'no answer';
  });
}
