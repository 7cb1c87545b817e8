import { createRequire } from 'node:module';
import type * as ECharts from 'echarts';
import type { EChartsCoreOption } from 'echarts/core';
import { formatNumber } from '../format-figure.ts';
import type { Chart, ChartSeries, Span } from './chart.ts';

// To be required it is one file; to be imported it is five hundred modules, which take ten times as long to load.
const echarts = createRequire(import.meta.url)('echarts') as typeof ECharts;

export interface DrawSettings {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly endMs: number;
  /** Shaded behind the data. */
  readonly spans: readonly Span[];
  /** Unique on the page; separates the class names and ids of this drawing from all others. */
  readonly prefix: string;
}

/** The space around the plot, the same in every panel so that the time axes line up. */
export const margins = { left: 46, right: 18, top: 8, bottom: 22 };

/** The grid of a drawing. ECharts would otherwise shrink it to make room for labels, by another amount in every panel. */
export function plotGrid(change: Partial<typeof margins> = {}): object {
  return { ...margins, outerBoundsMode: 'none', ...change };
}

/**
 * A chart as SVG text, drawn by ECharts without a browser. Colours are CSS variables of the page, so one drawing serves light and dark; it
 * needs no script and asks the network for nothing. The same input gives the same text.
 */
export function drawChart(chart: Chart, settings: DrawSettings): string {
  return drawOption(
    {
      ...frame(settings),
      grid: plotGrid(),
      xAxis: timeAxis(settings),
      yAxis: valueAxis(chart, settings),
      series: [shading(settings.spans), ...chart.series.map((series) => seriesOption(series))],
    },
    settings,
  );
}

/** Draws any option of ours, and leaves out what only a live chart needs or what counts how many charts this process has drawn. */
export function drawOption(
  option: EChartsCoreOption,
  settings: Pick<DrawSettings, 'widthPx' | 'heightPx' | 'prefix'>,
): string {
  const { widthPx: width, heightPx: height, prefix } = settings;
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    drawing.setOption(option);
    return drawing
      .renderToSVGString()
      .replace(/<style[^>]*>.*?<\/style>/gs, '')
      .replace(/ (?:class|xmlns:xlink|version|baseProfile|pointer-events|xml:space|ecmeta_\w+)="[^"]*"/g, '')
      .replace(/\bzr\d+-/g, `${prefix}-`)
      .replace(/\n/g, '');
  } finally {
    drawing.dispose();
  }
}

/** What every drawing has in common. */
export function frame({ widthPx }: Pick<DrawSettings, 'widthPx'>): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: 'inherit', fontSize: widthPx < 500 ? 12 : 11 },
  };
}

export function timeAxis({ endMs, widthPx }: Pick<DrawSettings, 'endMs' | 'widthPx'>): object {
  const stepMs = tickStepMs(endMs, widthPx < 500 ? 4 : 12);
  return {
    type: 'value',
    min: 0,
    max: endMs,
    interval: stepMs,
    axisLine: { lineStyle: { color: 'var(--axis)' } },
    axisTick: { lineStyle: { color: 'var(--axis)' }, length: 4 },
    axisLabel: {
      color: 'var(--quiet)',
      fontSize: widthPx < 500 ? 12 : 11,
      margin: 7,
      showMaxLabel: endMs % stepMs === 0,
      formatter: (value: number) => `${formatNumber(value / 1000)} s`,
    },
    splitLine: { show: false },
  };
}

function valueAxis(chart: Chart, { widthPx }: DrawSettings): object {
  const values = chart.series
    .flatMap(({ points }) => points.map(([, value]) => value))
    .filter((value) => value !== null);
  const most = values.reduce((high, value) => Math.max(high, value), 0);
  const least = values.reduce((low, value) => (value > 0 ? Math.min(low, value) : low), Infinity);
  const logarithmic = chart.scale === 'logarithmic';
  return {
    type: logarithmic ? 'log' : 'value',
    min: logarithmic ? 10 ** Math.floor(Math.log10(least)) : 0,
    ...(most === 0 ? { max: 1 } : {}),
    splitNumber: 3,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: 'var(--quiet)',
      fontSize: widthPx < 500 ? 12 : 11,
      margin: 6,
      formatter: chart.unit === 'ms' ? shortDuration : shortNumber,
    },
    splitLine: { lineStyle: { color: 'var(--grid)' } },
  };
}

function seriesOption(series: ChartSeries): object {
  const colour = `var(--${series.colour})`;
  return {
    type: 'line',
    name: series.name,
    data: series.points,
    symbol: 'none',
    silent: true,
    ...(series.stacked === true ? { stack: 'layers', step: 'middle', areaStyle: { color: colour, opacity: 1 } } : {}),
    lineStyle: { color: colour, width: series.stacked === true ? 0 : 1.5, type: series.stroke ?? 'solid' },
    itemStyle: { color: colour },
  };
}

function shading(spans: readonly Span[]): object {
  const data = spans.map(({ kind, startMs, endMs }) => [
    { xAxis: startMs, itemStyle: { color: `var(--span-${kind})` } },
    { xAxis: endMs },
  ]);
  return { type: 'line', data: [], silent: true, markArea: { silent: true, label: { show: false }, data } };
}

/** A round step that gives at most `most` labels. */
function tickStepMs(endMs: number, most: number): number {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200].map((step) => step * 1000);
  return steps.find((step) => endMs / step <= most) ?? Math.ceil(endMs / most);
}

function shortNumber(value: number): string {
  if (Math.abs(value) >= 1e6) return `${formatNumber(value / 1e6)}M`;
  return Math.abs(value) >= 10_000 ? `${formatNumber(value / 1000)}k` : formatNumber(value);
}

function shortDuration(valueMs: number): string {
  return valueMs >= 1000 ? `${formatNumber(valueMs / 1000)} s` : formatNumber(valueMs);
}
