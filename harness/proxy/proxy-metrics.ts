import { collectDefaultMetrics, Counter, Registry as Metrics } from 'prom-client';
import type { Direction, ToxicAccount } from './active-toxic.ts';
import type { LinkCount } from './link-counts.ts';
import type { Registry } from './registry.ts';

/** Which metrics a server shows: what passes its proxies, and what its process takes. Both are off in Toxiproxy unless asked for. */
export interface MetricsShown {
  readonly proxies: boolean;
  readonly runtime: boolean;
}

export interface ProxyMetrics {
  readonly contentType: string;
  /** The page in the text format of Prometheus. */
  page(): Promise<string>;
}

/**
 * The metrics of Toxiproxy 2.12.0 (https://github.com/Shopify/toxiproxy/blob/main/METRICS.md), which count bytes as they pass and not only
 * when a connection has ended, and what every toxic has seen and altered.
 */
export function createProxyMetrics(registry: Registry, shown: MetricsShown): ProxyMetrics {
  const metrics = new Metrics();
  if (shown.runtime) collectDefaultMetrics({ register: metrics });
  if (shown.proxies) {
    byteCounter(metrics, registry, {
      name: 'toxiproxy_proxy_received_bytes_total',
      help: 'The total number of bytes received on a given proxy link in a given direction.',
      bytes: ({ received }) => received,
    });
    byteCounter(metrics, registry, {
      name: 'toxiproxy_proxy_sent_bytes_total',
      help: 'The total number of bytes sent on a given proxy link in a given direction.',
      bytes: ({ sent }) => sent,
    });
    toxicCounter(metrics, registry, 'connections_seen', 'Connections that a toxic was at.', 'connectionsSeen');
    toxicCounter(metrics, registry, 'connections_altered', 'Connections that it altered.', 'connectionsAltered');
    toxicCounter(
      metrics,
      registry,
      'requests_seen',
      'Requests on them, for a toxic that knows requests.',
      'requestsSeen',
    );
    toxicCounter(metrics, registry, 'requests_altered', 'Requests that it altered.', 'requestsAltered');
    toxicCounter(metrics, registry, 'altered_bytes', 'Bytes that it altered in any way.', 'bytesAltered');
    toxicCounter(metrics, registry, 'delayed_bytes', 'Bytes that it held back.', 'bytesDelayed');
    toxicCounter(metrics, registry, 'dropped_bytes', 'Bytes that it never passed on.', 'bytesDropped');
    toxicCounter(metrics, registry, 'corrupted_bytes', 'Bytes that it changed.', 'bytesCorrupted');
    toxicCounter(metrics, registry, 'added_bytes', 'Bytes that it passed on and that had not come.', 'bytesAdded');
    toxicCounter(metrics, registry, 'cut_bytes', 'Bytes that it passed on in other pieces.', 'bytesCut');
  }
  return { contentType: metrics.contentType, page: () => metrics.metrics() };
}

function byteCounter(
  metrics: Metrics,
  registry: Registry,
  settings: { name: string; help: string; bytes: (count: LinkCount) => Readonly<Record<Direction, number>> },
): void {
  const { name, help, bytes } = settings;
  new Counter({
    ...{ name, help, labelNames: ['direction', 'proxy', 'listener', 'upstream'], registers: [metrics] },
    collect() {
      this.reset();
      for (const count of registry.linkCounts.all())
        for (const direction of ['upstream', 'downstream'] as const) {
          const { proxy, listener, upstream } = count;
          this.inc({ direction, proxy, listener, upstream }, bytes(count)[direction]);
        }
    },
  });
}

/** What an account counts. */
type CountedFigure = {
  [Name in keyof ToxicAccount]: ToxicAccount[Name] extends number ? Name : never;
}[keyof ToxicAccount];

function toxicCounter(metrics: Metrics, registry: Registry, name: string, help: string, figure: CountedFigure): void {
  new Counter({
    ...{ name: `gameday_toxic_${name}_total`, help, labelNames: ['proxy', 'toxic', 'type', 'stream'] },
    registers: [metrics],
    collect() {
      this.reset();
      for (const account of registry.accounts()) {
        const { proxy, toxic, type, stream } = account;
        this.inc({ proxy, toxic, type, stream }, account[figure]);
      }
    },
  });
}
