import {
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type TextMapGetter,
  type Tracer,
} from '@opentelemetry/api';
import { millisToHrTime, W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Clock } from '../../../harness/kit/clock.ts';

const propagator = new W3CTraceContextPropagator();
const fromHeaders: TextMapGetter<Headers> = {
  get: (headers, key) => headers.get(key) ?? undefined,
  keys: (headers) => [...headers.keys()],
};

/** The trace that a caller belongs to, by its `traceparent`; a new one when it sent none. */
export function traceOfCaller(headers: Headers): Context {
  return propagator.extract(ROOT_CONTEXT, headers, fromHeaders);
}

/** Where the id of a trace lies among all that there are, in [0, 1); null where there is no trace. */
export function shareOfTrace(context: Context): number | null {
  const spanContext = trace.getSpanContext(context);
  return spanContext ? Number.parseInt(spanContext.traceId.slice(0, 8), 16) / 2 ** 32 : null;
}

/** The headers that pass a trace on (https://www.w3.org/TR/trace-context/). */
export function traceHeaders(context: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, defaultTextMapSetter);
  return headers;
}

/** What makes spans. */
export type SpanMaker = Pick<Tracer, 'startSpan'>;

/** What spans are made with. */
export interface Tracing {
  readonly tracer: SpanMaker;
  readonly clock: Clock;
}

/** A span that has begun, and the context in which calls made on its behalf belong to it. */
export interface OpenSpan {
  readonly context: Context;
  end(failure?: unknown): void;
}

export function openSpan(tracing: Tracing, name: string, parent: Context, attributes: Attributes = {}): OpenSpan {
  const { clock, tracer } = tracing;
  // Always with a time of ours, in the form that cannot be taken for a reading of `performance.now()`, as a small number would be.
  const startTime = millisToHrTime(clock.now());
  const span: Span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, startTime }, parent);
  return {
    context: trace.setSpan(parent, span),
    end: (failure) => {
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(failure) });
      span.end(millisToHrTime(clock.now()));
    },
  };
}

/** The start of a trace of its own: what is done in the background, one logical operation each. */
export function newTrace(tracing: Tracing, name: string): OpenSpan {
  return openSpan(tracing, name, ROOT_CONTEXT);
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
