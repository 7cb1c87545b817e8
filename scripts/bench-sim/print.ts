import Table from 'cli-table3';
import { isMet, type Figure } from './figure.ts';

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

/** What the process ends with: 1 where a figure is not what was promised. */
export function exitCodeOf(measured: readonly Measured[]): number {
  return measured.every(({ figures }) => figures.every(isMet)) ? 0 : 1;
}

function barOf(figure: Figure): string {
  const { bar } = figure;
  if (!bar) return '';
  const limit = 'atLeast' in bar ? `>= ${rounded(bar.atLeast)}` : `<= ${rounded(bar.atMost)}`;
  return `${limit} ${isMet(figure) ? 'met' : 'MISSED'}`;
}

function rounded(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}
