import Table from 'cli-table3';

/** What has to be true of a figure: by how much it is of another way's in the same round. */
export interface Bar {
  readonly figure: string;
  readonly path: string;
  /** Default none: the figure itself is compared. */
  readonly beside?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Which of the rounds has to meet it; default the one in the middle. */
  readonly by?: 'most';
}

/** What was measured: by figure and way, one value for each round. */
export class Figures {
  readonly #values = new Map<string, Map<string, number[]>>();

  note(figure: string, path: string, value: number): void {
    const byPath = this.#values.get(figure) ?? new Map<string, number[]>();
    this.#values.set(figure, byPath);
    byPath.set(path, [...(byPath.get(path) ?? []), value]);
  }

  table(paths: readonly string[]): string {
    const table = new Table({ head: ['figure', ...paths], style: { head: [], border: [] } });
    for (const [figure, byPath] of this.#values)
      table.push([figure, ...paths.map((path) => spread(byPath.get(path) ?? []))]);
    return table.toString();
  }

  /** Each bar with the ratios of the rounds, and whether their median, or the most of them, meets it. */
  bars(bars: readonly Bar[]): string {
    const table = new Table({ head: ['bar', 'wanted', 'median (range)', ''], style: { head: [], border: [] } });
    for (const bar of bars) {
      const found = this.#ratios(bar);
      const { figure, path, beside, atMost = Infinity, atLeast = -Infinity } = bar;
      const decisive = bar.by === 'most' ? Math.max(...found) : median(found);
      const wanted = bar.atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
      const isMet = decisive <= atMost && decisive >= atLeast;
      const name = `${figure}: ${path}${beside === undefined ? '' : ` / ${beside}`}`;
      const isMeasured = found.length > 0;
      table.push([name, wanted, spread(found), !isMeasured ? 'NOT MEASURED' : isMet ? 'met' : 'NOT MET']);
    }
    return table.toString();
  }

  toJSON(): readonly object[] {
    return [...this.#values].map(([figure, byPath]) => ({ figure, ...Object.fromEntries(byPath) }));
  }

  #ratios({ figure, path, beside }: Bar): number[] {
    const byPath = this.#values.get(figure);
    const values = byPath?.get(path) ?? [];
    if (beside === undefined) return values;
    const others = byPath?.get(beside) ?? [];
    return values.slice(0, others.length).map((value, round) => value / (others[round] ?? NaN));
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

function spread(found: readonly number[]): string {
  if (found.length === 0) return '';
  const text = (value: number): string =>
    value.toLocaleString(
      'en-US',
      Math.abs(value) < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
    );
  return `${text(median(found))} (${text(Math.min(...found))} to ${text(Math.max(...found))})`;
}
