import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../kit/clock.ts';
import type { Stoppable } from '../kit/lifecycle.ts';
import type { Random } from '../kit/random.ts';
import { hostToListenOn } from './address.ts';
import { ApiError } from './api-error.ts';
import type { Lease, LeaseState } from './lease.ts';
import { createProxyCore } from './proxy-core.ts';
import type { Trace } from './log-level.ts';
import type { OpenPort } from './port.ts';
import type { MetricsShown } from './proxy-metrics.ts';
import type { Registry } from './registry.ts';
import { readProxies } from './requests.ts';

export interface ProxyServerSettings {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the API listens; default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  /** What `GET /metrics` shows; default nothing. */
  readonly metrics?: MetricsShown;
  /** Told of what goes wrong outside a request; default nobody. */
  readonly log?: (line: string) => void;
  /** Told of what goes as it should; default nobody. */
  readonly trace?: Trace | undefined;
  /** How doors are opened; default `socketPorts()`. */
  readonly openPort?: OpenPort;
}

export interface StartedProxyServer extends Stoppable {
  /** Where the API listens. */
  readonly port: number;
  /** Makes proxies as `POST /populate` does. Throws an ApiError at the first that fails; those before it are there. */
  populate(text: string): Promise<void>;
  lease(): LeaseState;
  /** Removes all toxics and enables all proxies, as a lapsed lease does. Throws an ApiError 503 after `stop`. */
  heal(): Promise<void>;
}

/** As long as Toxiproxy keeps an idle connection to its API. */
const idleMs = 60_000;
/** As long as Toxiproxy waits for a whole request. The platform looks every half a minute only, unless it is told to look more often. */
const requestLimitMs = 15_000;
const lookEveryMs = 1_000;

/** Starts a fault proxy with the API of Toxiproxy 2.12.0 and the routes of `gameday-routes.ts`. */
export async function startProxyServer(settings: ProxyServerSettings): Promise<StartedProxyServer> {
  const { clock, random, host = '127.0.0.1', port = 0, log = () => undefined } = settings;
  const { metrics, trace, openPort } = settings;
  const { registry, lease, handle } = createProxyCore({
    ...{ clock, random, log, trace },
    ...(metrics === undefined ? {} : { metrics }),
    ...(openPort === undefined ? {} : { openPort }),
  });
  // Requests of HTTP/1.0 need not say whom they are for.
  const listener = getRequestListener(handle, { overrideGlobalObjects: false, hostname: 'localhost' });
  const server = createServer(
    { keepAliveTimeout: idleMs, requestTimeout: requestLimitMs, connectionsCheckingInterval: lookEveryMs },
    (request, response) => void listener(request, response),
  );
  await listening(server, hostToListenOn(host), port);
  // Such as that no file is left for one connection more: the proxies go on.
  server.on('error', (cause) => log(`the API: ${cause.message}`));
  const bound = server.address();
  let stopped: Promise<void> | undefined;
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : port,
    populate: async (text) => {
      const wanted = await readProxies(text, registry.turns());
      const { proxies, failure } = await registry.populate(wanted);
      // They are made in order, up to the first that fails.
      if (failure)
        throw new ApiError(failure.status, `"${wanted[proxies.length]?.name}": ${failure.message}`, failure.hint);
    },
    lease: () => lease.state(),
    heal: () => registry.heal('lease lapsed'),
    stop: () => {
      stopped ??= stopAll(server, registry, lease);
      return stopped;
    },
  };
}

async function stopAll(server: Server, registry: Registry, lease: Lease): Promise<void> {
  lease.cancel();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  try {
    await registry.stop();
  } finally {
    await closed;
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
