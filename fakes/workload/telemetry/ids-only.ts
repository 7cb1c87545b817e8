import { isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { SpanMaker } from './trace-context.ts';

/** Where the ids of traces and spans come from. */
export interface SpanIds {
  generateTraceId(): string;
  generateSpanId(): string;
}

/** Makes spans that are their ids and nothing else, drawn in the order of the SDK: all that is seen of a span where nobody takes it. */
export function idsOnly(ids: SpanIds): SpanMaker {
  return {
    startSpan: (_name, _options, context) => {
      const spanId = ids.generateSpanId();
      const parent = context && trace.getSpanContext(context);
      if (!parent || !isSpanContextValid(parent))
        return trace.wrapSpanContext({ traceId: ids.generateTraceId(), spanId, traceFlags: TraceFlags.SAMPLED });
      const { traceId, traceFlags, traceState } = parent;
      return trace.wrapSpanContext({ traceId, spanId, traceFlags, ...(traceState && { traceState }) });
    },
  };
}
