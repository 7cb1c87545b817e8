import type { RunRecord, Series } from '../../harness/record.ts';
import { formatNumber } from '../format-figure.ts';
import type { Chart, ChartSeries } from './chart.ts';

// What says most about saturation, in this order. Utilisation of the GPU is left out on purpose: it is near 100 % long before the knee.
const telling: readonly { title: string; names: RegExp; unit: string }[] = [
  { title: 'queue depth', names: /num_requests_waiting$|queue[._]?(depth|size|length)|waiting$/, unit: 'requests' },
  { title: 'requests running', names: /num_requests_running$/, unit: 'requests' },
  { title: 'KV cache in use', names: /(kv|gpu)_cache_usage_perc$|kv[._-]?cache[._-]?(usage|used)/, unit: 'share' },
  { title: 'preemptions', names: /preemptions?(_total)?$/, unit: 'per second' },
  { title: 'age of the oldest', names: /oldest/, unit: 'seconds' },
  { title: 'in flight', names: /in[._-]?flight/, unit: 'requests' },
  { title: 'dead letters', names: /dead[._-]?letter/, unit: 'documents' },
];

/** Telemetry that has a panel of its own. */
export function telemetryCharts(telemetry: readonly Series[]): readonly Chart[] {
  return telling.flatMap(({ title, names, unit }, index) => {
    const found = telemetry.filter((series) => names.test(series.name) && series.points.length > 1).slice(0, 5);
    if (found.length === 0) return [];
    const lines = found.map((series, line): ChartSeries => ({
      name: seriesName(series, found),
      colour: `line-${(line % 5) + 1}`,
      stroke: (['solid', 'dashed', 'dotted'] as const)[line % 3] ?? 'solid',
      points: isCounter(series) ? perSecond(series.points) : series.points,
    }));
    return [
      {
        id: `telemetry-${index}`,
        title: `${title} (${[...new Set(found.map(({ source }) => source))].join(', ')})`,
        unit,
        scale: 'linear',
        series: lines,
        description: describe(title, lines),
      },
    ];
  });
}

/** All series with their ranges, for the table behind the charts. */
export function telemetryRanges(
  record: RunRecord,
): readonly { series: Series; least: number; most: number; last: number }[] {
  return record.telemetry.flatMap((series) => {
    const values = series.points.map(([, value]) => value);
    const last = values.at(-1);
    if (last === undefined) return [];
    const least = values.reduce((low, value) => Math.min(low, value), Infinity);
    const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
    return [{ series, least, most, last }];
  });
}

/** `{pool="batch"}`, or nothing. */
export function labelText(labels: Series['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(', ')}}`;
}

/** As short as it can be and still tell the series of one panel apart. */
function seriesName(series: Series, among: readonly Series[]): string {
  const sameName = among.filter(({ source, name }) => source === series.source && name === series.name);
  const differing = Object.entries(series.labels).filter(([label, value]) =>
    sameName.some((other) => other.labels[label] !== value),
  );
  const oneSource = among.every(({ source }) => source === series.source);
  const name = sameName.length === among.length ? '' : series.name;
  const words = [oneSource ? '' : series.source, name, ...differing.map(([, value]) => value)].filter(
    (word) => word !== '',
  );
  return words.length === 0 ? series.name : words.join(' ');
}

function isCounter(series: Series): boolean {
  return /_total$/.test(series.name);
}

/** A counter that falls was reset: the process behind it started again from zero. */
function perSecond(points: Series['points']): [number, number][] {
  return points.slice(1).map(([atMs, value], index): [number, number] => {
    const [beforeMs, before] = points[index] ?? [atMs, value];
    const grown = value >= before ? value - before : value;
    return [atMs, atMs > beforeMs ? (grown * 1000) / (atMs - beforeMs) : 0];
  });
}

function describe(title: string, lines: readonly ChartSeries[]): string {
  const ranges = lines.map(({ name, points }) => {
    const values = points.map(([, value]) => value).filter((value) => value !== null);
    const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
    return `${name} at most ${formatNumber(most)}`;
  });
  return `${title} over the run: ${ranges.join('; ')}.`;
}
