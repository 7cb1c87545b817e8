import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import type { MetricExport } from './telemetry.ts';

/** The official exporter, over sockets of its own. */
export const officialExport: MetricExport = (url) => new OTLPMetricExporter({ url, timeoutMillis: 900 });
