import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { z } from 'zod';
import type { SeriesStore } from './series.ts';

// The JSON encoding of OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp): 64-bit integers may come as text.
const Numberish = z.union([z.number(), z.string()]).transform(Number);
const Attribute = z.object({ key: z.string(), value: z.record(z.string(), z.json()) });
const Point = z.object({
  attributes: z.array(Attribute).default([]),
  timeUnixNano: Numberish,
  asDouble: z.number().optional(),
  asInt: Numberish.optional(),
  count: Numberish.optional(),
  sum: z.number().optional(),
});
const Points = z.object({ dataPoints: z.array(Point).default([]) });
const Metric = z.object({
  name: z.string(),
  unit: z.string().default(''),
  gauge: Points.optional(),
  sum: Points.optional(),
  histogram: Points.optional(),
});
const Export = z.object({
  resourceMetrics: z
    .array(z.object({ scopeMetrics: z.array(z.object({ metrics: z.array(Metric).default([]) })).default([]) }))
    .default([]),
});

export interface TelemetryReceiver {
  /** What to tell the target in `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Takes the target's own metrics over OTLP/HTTP in JSON. Traces and logs are accepted and let go. Other encodings are refused with 415. */
export function telemetryHandler(store: SeriesStore): (request: Request) => Response | Promise<Response> {
  const app = new Hono();
  app.post('/v1/metrics', async (context) => {
    if (!(context.req.header('content-type') ?? '').includes('json'))
      return context.text('Please set OTEL_EXPORTER_OTLP_PROTOCOL=http/json.', 415);
    const parsed = Export.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success) return context.json({ message: parsed.error.message }, 400);
    for (const metric of parsed.data.resourceMetrics.flatMap((resource) =>
      resource.scopeMetrics.flatMap((scope) => scope.metrics),
    ))
      keep(store, metric);
    return context.json({});
  });
  app.post('/v1/:signal{traces|logs}', (context) => context.json({}));
  return (request) => app.fetch(request);
}

/** Serves `telemetryHandler` on a free port. */
export function startTelemetryReceiver(store: SeriesStore): Promise<TelemetryReceiver> {
  return new Promise((resolve) => {
    const server = serve({ fetch: telemetryHandler(store), hostname: '127.0.0.1', port: 0 }, (address) => {
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}

function keep(store: SeriesStore, metric: z.infer<typeof Metric>): void {
  const { name, unit } = metric;
  for (const point of [...(metric.gauge?.dataPoints ?? []), ...(metric.sum?.dataPoints ?? [])]) {
    store.add(
      { source: 'target', name, labels: labelsOf(point), unit },
      point.timeUnixNano / 1e6,
      point.asDouble ?? point.asInt ?? 0,
    );
  }
  for (const point of metric.histogram?.dataPoints ?? []) {
    const key = { source: 'target', labels: labelsOf(point), unit };
    store.add({ ...key, name: `${name}.count` }, point.timeUnixNano / 1e6, point.count ?? 0);
    store.add({ ...key, name: `${name}.sum` }, point.timeUnixNano / 1e6, point.sum ?? 0);
  }
}

function labelsOf(point: z.infer<typeof Point>): Record<string, string> {
  return Object.fromEntries(point.attributes.map(({ key, value }) => [key, textOf(Object.values(value)[0])]));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
