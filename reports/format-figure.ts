import { formatDuration } from '../harness/kit/durations.ts';
import type { Figure } from '../harness/record.ts';

/** A number as a person reads it: four significant digits, thousands grouped by a thin space, never an exponent. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'unbounded' : 'none';
  const magnitude = Math.abs(value);
  const digits =
    magnitude >= 1000 ? 0 : magnitude === 0 ? 0 : Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(magnitude))));
  const [whole = '0', fraction = ''] = value.toFixed(digits).split('.');
  const grouped = Math.abs(Number(whole)) >= 10_000 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole;
  const decimals = fraction.replace(/0+$/, '');
  return decimals === '' ? grouped : `${grouped}.${decimals}`;
}

/** A value with its unit; milliseconds as a duration, null as `n/a`. */
export function formatValue(value: number | null, unit: string): string {
  if (value === null) return 'n/a';
  if (unit === 'ms') return formatDuration(value);
  if (unit === '%') return `${formatNumber(value)} %`;
  return unit === '' || unit === '1' || unit === 'ratio' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

/** The limit of a figure: its unit is repeated only where the number alone would mislead. */
export function formatLimit(limit: number, unit: string): string {
  return unit === 'ms' || unit === '%' ? formatValue(limit, unit) : formatNumber(limit);
}

/** `p95 3 s (limit 1.5 s)`. */
export function formatFigure(figure: Figure): string {
  const limit = figure.limit === undefined ? '' : ` (limit ${formatLimit(figure.limit, figure.unit)})`;
  return `${figure.name} ${formatValue(figure.value, figure.unit)}${limit}`;
}

/** A point of time of the run: `12.5 s`. */
export function formatMoment(momentMs: number): string {
  return `${formatNumber(Math.round(momentMs / 100) / 10)} s`;
}

/** `4.2 MiB`. */
export function formatBytes(count: number): string {
  if (count < 1024) return `${formatNumber(count)} B`;
  return count < 1024 ** 2 ? `${formatNumber(count / 1024)} KiB` : `${formatNumber(count / 1024 ** 2)} MiB`;
}
