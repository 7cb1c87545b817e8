import { ExportResultCode } from '@opentelemetry/core';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { MetricExport } from './telemetry.ts';

type ToSerialize = Parameters<typeof JsonMetricsSerializer.serializeRequest>[0];

/** OTLP/HTTP in JSON through a `fetch`: the official exporter opens sockets, and where there are none it cannot be used. */
export function fetchExport(fetch: typeof globalThis.fetch): MetricExport {
  return (url) => ({
    export: (metrics, done) => {
      // The serializer is typed by a patch release of the SDK of its own; enums of two releases are never the same to TypeScript.
      const given: unknown = metrics;
      const body = JsonMetricsSerializer.serializeRequest(given as ToSerialize);
      const headers = { 'content-type': 'application/json' };
      fetch(url, { method: 'POST', headers, body: body ?? null }).then(
        ({ ok }) => done({ code: ok ? ExportResultCode.SUCCESS : ExportResultCode.FAILED }),
        (cause: unknown) =>
          done({ code: ExportResultCode.FAILED, error: cause instanceof Error ? cause : new Error(String(cause)) }),
      );
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  });
}
