import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { newTrace, traceHeaders, traceOfCaller } from '../../../../fakes/workload/telemetry/trace-context.ts';
import { createTelemetry } from '../../../../fakes/workload/telemetry/telemetry.ts';
import { startWorkload } from '../support/started-workload.ts';

describe('telemetry', () => {
  it('measures calls to models by the GenAI conventions, and the queues by class of work', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const { clock, model, post } = await startWorkload({ telemetry: { metricReaders: [reader] } });
    const documents = [{ id: 'doc-1', version: 1, title: 'Lamp', text: 'A lamp.' }];
    await clock.run(post('/documents', { documents }));
    const answer = await clock.run(post('/ask', { question: 'A lamp?' }));
    await clock.run(answer.text());
    model.failures.push(400);
    await clock.run(post('/documents', { documents }));
    await reader.forceFlush();

    const metrics = exporter.getMetrics().flatMap((one) => one.scopeMetrics.flatMap((scope) => scope.metrics));
    const points = (name: string): readonly { attributes: object; value: unknown }[] =>
      metrics.find((metric) => metric.descriptor.name === name)?.dataPoints ?? [];
    const common = { 'gen_ai.provider.name': 'openai' };
    expect(points('gen_ai.client.operation.duration').map((point) => point.attributes)).toEqual(
      expect.arrayContaining([
        { ...common, 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'gameday-embed' },
        { ...common, 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gameday-chat' },
        {
          ...common,
          'gen_ai.operation.name': 'embeddings',
          'gen_ai.request.model': 'gameday-embed',
          'error.type': '400',
        },
      ]),
    );
    expect(points('gen_ai.client.operation.time_to_first_chunk')).toHaveLength(1);
    for (const name of ['depth', 'in_flight', 'oldest_age', 'shed']) {
      expect(points(`gameday.workload.queue.${name}`).map(({ attributes, value }) => [attributes, value])).toEqual([
        [{ 'work.class': 'interactive' }, 0],
        [{ 'work.class': 'batch' }, 0],
      ]);
    }
  });

  it('gives spans the times of the clock that was handed in', async () => {
    const exporter = new InMemorySpanExporter();
    const { clock, post } = await startWorkload({ telemetry: { spanProcessors: [new SimpleSpanProcessor(exporter)] } });
    await clock.advance(7000);
    const fromMs = clock.now();
    await clock.run(post('/documents', { documents: [{ id: 'doc-1', version: 1, title: 'Lamp', text: 'A lamp.' }] }));
    const [span] = exporter.getFinishedSpans();
    expect(span && [hrTimeToMilliseconds(span.startTime), hrTimeToMilliseconds(span.endTime)]).toEqual([
      fromMs,
      fromMs + 5,
    ]);
  });

  it('takes up the trace of a caller and passes it on', () => {
    const telemetry = createTelemetry({ random: seededRandom(1) });
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const context = traceOfCaller(new Headers({ traceparent: `00-${trace}-b7ad6b7169203331-01` }));
    expect(traceHeaders(context)['traceparent']).toBe(`00-${trace}-b7ad6b7169203331-01`);
    const tracing = { tracer: telemetry.tracer, clock: new VirtualClock() };
    const own = [newTrace(tracing, 'a'), newTrace(tracing, 'b')].map(
      (span) => traceHeaders(span.context)['traceparent'] ?? '',
    );
    expect(own[0]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(own[0]).not.toBe(own[1]);
  });
});
