import type { Sample } from '../../harness/record.ts';
import { formatDuration } from '../../harness/kit/durations.ts';
import { formatNumber } from '../format-figure.ts';
import type { Chart, ChartSeries } from './chart.ts';
import { operationFigures, operationNames, type OperationFigures, type Quantiles } from './operation-figures.ts';
import { groupByBin, type TimeBins } from './time-bins.ts';

/** What callers saw, per operation: how the answers ended, and how long they took. All by the moment a request was due. */
export function answerCharts(samples: readonly Sample[], bins: TimeBins): readonly Chart[] {
  return operationNames(samples).flatMap((operation, index) => {
    const own = samples.filter((sample) => sample.operation === operation);
    const figures = groupByBin(bins, own, (sample) => sample.dueMs).map(operationFigures);
    const capMs = Math.max(...own.map((sample) => sample.deadlineMs));
    const shared = { operation, id: `operation-${index}`, own, figures, bins, capMs };
    return [
      outcomes(shared),
      ...explained(latency(shared, 'firstTokenMs').concat(latency(shared, 'completionMs')), capMs),
    ];
  });
}

interface Shared {
  readonly operation: string;
  readonly id: string;
  readonly own: readonly Sample[];
  readonly figures: readonly OperationFigures[];
  readonly bins: TimeBins;
  readonly capMs: number;
}

function outcomes({ operation, id, own, figures, bins }: Shared): Chart {
  const perSecond = (valueOf: (one: OperationFigures) => number): ChartSeries['points'] =>
    figures.map((one, index) => [(index + 0.5) * bins.widthMs, (valueOf(one) * 1000) / bins.widthMs]);
  const total = operationFigures(own);
  const layers: ChartSeries[] = [
    { name: 'good', colour: 'good', points: perSecond((one) => one.good - one.degraded), stacked: true },
    { name: 'good, degraded', colour: 'degraded', points: perSecond((one) => one.degraded), stacked: true },
    { name: 'shed', colour: 'shed', points: perSecond((one) => one.shed), stacked: true },
    { name: 'failed', colour: 'failed', points: perSecond((one) => one.failed), stacked: true },
  ];
  return {
    id: `${id}-outcomes`,
    title: `${operation}: answers`,
    unit: 'per second',
    scale: 'linear',
    series: layers.filter(({ name, points }) => name !== 'good, degraded' || points.some(([, value]) => value !== 0)),
    description: `${operation}, answers per second over the run. In all ${formatNumber(total.offered)} were due: ${formatNumber(total.good)} good, ${formatNumber(total.shed)} shed, ${formatNumber(total.failed)} failed.`,
  };
}

const latencyTitles = { firstTokenMs: 'time to first token', completionMs: 'time to completion' } as const;

function latency({ operation, id, own, figures, bins, capMs }: Shared, measure: keyof typeof latencyTitles): Chart[] {
  const lines = (['p50', 'p95', 'p99'] as const).map((quantile, index): ChartSeries => {
    const points = figures.map((one, bin): [number, number | null] => {
      const value = one[measure][quantile];
      return [(bin + 0.5) * bins.widthMs, value === null ? null : Math.min(value, capMs)];
    });
    const stroke = (['solid', 'dashed', 'dotted'] as const)[index] ?? 'solid';
    return { name: quantile, colour: `line-${index + 1}`, points, stroke };
  });
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value)).filter((value) => value !== null);
  if (values.length === 0) return [];
  const smallest = Math.min(...values.filter((value) => value > 0));
  const title = latencyTitles[measure];
  return [
    {
      id: `${id}-${measure === 'firstTokenMs' ? 'first-token' : 'completion'}`,
      title: `${operation}: ${title}`,
      unit: 'ms',
      scale: Math.max(...values) / smallest > 20 ? 'logarithmic' : 'linear',
      series: lines,
      description: `${operation}, ${title} over the run. Over the whole run: ${inWords(operationFigures(own)[measure])}.`,
    },
  ];
}

/** The first of the latency panels of an operation says how to read them all. */
function explained(charts: readonly Chart[], capMs: number): readonly Chart[] {
  const note = `Counted from when a request was due. Without an answer it is infinitely slow, drawn here at its deadline (${formatDuration(capMs)}). What was shed is left out.`;
  return charts.map((chart, index) => (index === 0 ? { ...chart, note } : chart));
}

function inWords(quantiles: Quantiles): string {
  return (['p50', 'p95', 'p99'] as const)
    .map((name) => `${name} ${quantiles[name] === null ? 'unknown' : formatDuration(quantiles[name])}`)
    .join(', ');
}
