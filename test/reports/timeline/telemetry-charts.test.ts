import { expect, test } from 'vitest';
import type { Series } from '../../../harness/record.ts';
import { telemetryCharts } from '../../../reports/timeline/telemetry-charts.ts';

function series(
  name: string,
  points: [number, number][],
  labels: Record<string, string> = {},
  source = 'model-server',
): Series {
  return { source, name, labels, unit: '', points };
}

test('draws a counter as its rate, and takes a fall for a fresh start from zero', () => {
  const [chart] = telemetryCharts([
    series('vllm:num_preemptions_total', [
      [0, 10],
      [1000, 14],
      [3000, 2],
    ]),
  ]);
  expect(chart).toMatchObject({ title: 'preemptions (model-server)', unit: 'per second' });
  expect(chart?.series[0]?.points).toEqual([
    [1000, 4],
    [3000, 1],
  ]);
});

test('names lines by what tells them apart', () => {
  const points: [number, number][] = [
    [0, 1],
    [1000, 2],
  ];
  const [chart] = telemetryCharts([
    series('vllm:num_requests_waiting', points, { model_name: 'm' }),
    series('gameday.workload.queue.depth', points, { 'work.class': 'interactive' }, 'target'),
    series('gameday.workload.queue.depth', points, { 'work.class': 'batch' }, 'target'),
  ]);
  expect(chart?.series.map(({ name }) => name)).toEqual([
    'model-server vllm:num_requests_waiting',
    'target gameday.workload.queue.depth interactive',
    'target gameday.workload.queue.depth batch',
  ]);
});

test('draws nothing for what says nothing about saturation, or was seen once only', () => {
  expect(
    telemetryCharts([
      series('DCGM_FI_DEV_GPU_UTIL', [
        [0, 1],
        [1, 2],
      ]),
      series('vllm:num_requests_waiting', [[0, 1]]),
    ]),
  ).toEqual([]);
});
