import type { Call } from '../../harness/record.ts';
import { formatNumber } from '../format-figure.ts';
import type { ReportInput } from '../report-input.ts';
import { dataTable } from './data-table.ts';
import { markup, nothing, type Markup } from './markup.ts';

/** What every part got to do in each phase. Attempts per operation count only what belongs to an operation, not polls. */
export function callTables({ record, calls }: ReportInput): Markup {
  if (calls.length === 0) return nothing;
  const parts = [...new Set(calls.map((call) => call.part))].toSorted();
  const tables = parts.map((part) => {
    const own = calls.filter((call) => call.part === part);
    const rows = record.plan.phases.map(({ name, startMs, endMs }) =>
      row(
        name,
        own.filter(({ receivedMs }) => receivedMs >= startMs && receivedMs < endMs),
      ),
    );
    const numbers = ['calls', 'ok', 'throttled', 'unavailable', 'failed', 'attempts per operation', 'most attempts'];
    return dataTable({
      caption: `${part}, by phase`,
      columns: [{ title: 'phase' }, ...numbers.map((title) => ({ title, number: true }))],
      rows,
    });
  });
  return markup`<section aria-labelledby="calls">
    <h2 id="calls">Calls at the parts</h2>
    ${tables}
  </section>`;
}

function row(phase: string, calls: readonly Call[]): string[] {
  const count = (...outcomes: readonly Call['outcome'][]): number =>
    calls.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const attempts = calls.filter(({ operation }) => operation !== null);
  const operations = new Set(attempts.map(({ traceId, operation }) => `${traceId ?? ''} ${operation ?? ''}`));
  const most = attempts.reduce((high, { attempt }) => Math.max(high, attempt), 0);
  const counts = [
    calls.length,
    count('ok'),
    count('throttled'),
    count('unavailable'),
    count('failed', 'rejected', 'aborted', 'unexpected'),
  ];
  const ratio = operations.size === 0 ? 'n/a' : formatNumber(attempts.length / operations.size);
  return [phase, ...counts.map(formatNumber), ratio, formatNumber(most)];
}
