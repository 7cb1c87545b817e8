import type { Call, CallOutcome, RunRecord } from '../../harness/record.ts';
import { formatNumber } from '../format-figure.ts';
import type { Chart } from './chart.ts';
import { groupByBin, type TimeBins } from './time-bins.ts';

/** How far the store was behind its sources; nothing where nothing follows a feed. */
export function backlogChart(record: RunRecord): readonly Chart[] {
  const points = record.ledger.backlog;
  if (points.length === 0) return [];
  const peak = points.reduce((highest, point) => (point[1] > highest[1] ? point : highest));
  return [
    {
      id: 'backlog',
      title: 'Backlog',
      unit: 'versions not stored yet',
      scale: 'linear',
      series: [{ name: 'backlog', colour: 'line-1', points }],
      description: `Backlog over the run: at most ${formatNumber(peak[1])}, at ${formatNumber(peak[0] / 1000)} seconds; ${formatNumber(points.at(-1)?.[1] ?? 0)} at the end.`,
    },
  ];
}

const layers: readonly { name: string; colour: string; outcomes: readonly CallOutcome[] }[] = [
  { name: 'ok', colour: 'good', outcomes: ['ok'] },
  { name: 'throttled', colour: 'shed', outcomes: ['throttled'] },
  { name: 'unavailable', colour: 'unavailable', outcomes: ['unavailable'] },
  { name: 'failed', colour: 'failed', outcomes: ['failed', 'rejected', 'aborted', 'unexpected'] },
];

/** What every part got to do: attempts by the moment they arrived, and how they were answered. */
export function attemptCharts(calls: readonly Call[], bins: TimeBins): readonly Chart[] {
  const parts = [...new Set(calls.map((call) => call.part))].toSorted();
  return parts.map((part, index) => {
    const own = calls.filter((call) => call.part === part);
    const groups = groupByBin(bins, own, (call) => call.receivedMs);
    const series = layers.map(({ name, colour, outcomes }) => ({
      name,
      colour,
      stacked: true,
      points: groups.map((group, bin): [number, number] => [
        (bin + 0.5) * bins.widthMs,
        (group.filter((call) => outcomes.includes(call.outcome)).length * 1000) / bins.widthMs,
      ]),
    }));
    const seen = series.filter(({ name, points }) => name === 'ok' || points.some(([, value]) => value > 0));
    const totals = layers.map(
      ({ name, outcomes }) => `${formatNumber(own.filter((call) => outcomes.includes(call.outcome)).length)} ${name}`,
    );
    return {
      id: `attempts-${index}`,
      title: `${part}: attempts received`,
      unit: 'per second',
      scale: 'linear',
      series: seen,
      description: `Attempts received by ${part} per second over the run: ${formatNumber(own.length)} in all, ${totals.join(', ')}.`,
    };
  });
}
