import { InMemorySpanExporter, SimpleSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { newTrace, openSpan, traceHeaders, traceOfCaller } from '../../../../fakes/workload/telemetry/trace-context.ts';
import { createTelemetry } from '../../../../fakes/workload/telemetry/telemetry.ts';

/** What goes on the wire for a trace of its own, a span within it, and spans of callers whose traces are and are not sampled. */
function sent(spanProcessors: readonly SpanProcessor[]): readonly unknown[] {
  const { tracer } = createTelemetry({ random: seededRandom(5), spanProcessors });
  const tracing = { tracer, clock: new VirtualClock() };
  const own = newTrace(tracing, 'own');
  const caller = (flags: string): Headers =>
    new Headers({ traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-${flags}`, tracestate: 'vendor=1' });
  const spans = [
    own,
    openSpan(tracing, 'inner', own.context),
    ...['01', '00'].map((flags) => openSpan(tracing, 'called', traceOfCaller(caller(flags)))),
  ];
  for (const span of spans) span.end();
  return spans.map(({ context }) => traceHeaders(context));
}

it('sends the same ids, flags and states with spans that nobody takes as with those that somebody does', () => {
  expect(sent([])).toEqual(sent([new SimpleSpanProcessor(new InMemorySpanExporter())]));
});
