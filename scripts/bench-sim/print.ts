import Table from 'cli-table3';
import type { Figure } from './figure.ts';

/** What one measure gave. */
export interface Measured {
  /** `clock`, or `questions source-throttling 50/s`. */
  readonly name: string;
  readonly figures: readonly Figure[];
}

/** A line for each figure, with its bar where it has one. */
export function renderTable(measured: readonly Measured[]): string {
  const table = new Table({ head: ['measure', 'figure', 'value', 'unit', 'bar'], style: { head: [], border: [] } });
  for (const { name, figures } of measured)
    for (const figure of figures) table.push([name, figure.name, rounded(figure.value), figure.unit, barOf(figure)]);
  return table.toString();
}

function barOf({ value, bar }: Figure): string {
  if (!bar) return '';
  const isMet = 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
  const limit = 'atLeast' in bar ? `>= ${rounded(bar.atLeast)}` : `<= ${rounded(bar.atMost)}`;
  return `${limit} ${isMet ? 'met' : 'MISSED'}`;
}

function rounded(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}
