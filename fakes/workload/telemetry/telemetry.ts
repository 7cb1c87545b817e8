import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { randomHex, type Random } from '../../../harness/kit/random.ts';
import { idsOnly } from './ids-only.ts';
import type { SpanMaker } from './trace-context.ts';

/** Where the workload's own measurements go. */
export interface Telemetry {
  readonly meter: Meter;
  readonly tracer: SpanMaker;
  stop(): Promise<void>;
}

/** Makes an exporter that sends to a URL. */
export type MetricExport = (url: string) => PushMetricExporter;

export interface TelemetrySettings {
  readonly random: Random;
  /** Where metrics go, as in `OTEL_EXPORTER_OTLP_ENDPOINT`; nowhere when it is not set. */
  readonly endpoint?: string | undefined;
  /** How they get there; without it nothing is sent. */
  readonly metricExport?: MetricExport;
  /** Readers and processors of the caller's own, e.g. of a test. */
  readonly metricReaders?: readonly MetricReader[];
  readonly spanProcessors?: readonly SpanProcessor[];
}

/** OpenTelemetry metrics, once a second as OTLP/HTTP in JSON, and spans whose ids come from the seeded stream. */
export function createTelemetry(settings: TelemetrySettings): Telemetry {
  const resource = resourceFromAttributes({ 'service.name': 'gameday-workload' });
  const readers = [...(settings.metricReaders ?? []), ...exportTo(settings)];
  const meters = new MeterProvider({ resource, readers });
  const idGenerator = {
    generateTraceId: () => randomHex(settings.random, 16),
    generateSpanId: () => randomHex(settings.random, 8),
  };
  const spanProcessors = [...(settings.spanProcessors ?? [])];
  const tracers = new BasicTracerProvider({ resource, spanProcessors, idGenerator });
  return {
    // Without a reader the instruments would only cost time.
    meter: readers.length === 0 ? createNoopMeter() : meters.getMeter('gameday-workload'),
    // Without a processor only the ids of spans are ever seen.
    tracer: spanProcessors.length === 0 ? idsOnly(idGenerator) : tracers.getTracer('gameday-workload'),
    stop: async () => {
      // A receiver that has gone must not keep us from stopping.
      await Promise.allSettled([meters.shutdown({ timeoutMillis: 1000 }), tracers.shutdown()]);
    },
  };
}

function exportTo({ endpoint, metricExport }: TelemetrySettings): MetricReader[] {
  if (endpoint === undefined || endpoint === '' || !metricExport) return [];
  const exporter = metricExport(`${endpoint.replace(/\/$/, '')}/v1/metrics`);
  return [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1000, exportTimeoutMillis: 950 })];
}
