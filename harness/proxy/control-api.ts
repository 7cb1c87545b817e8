import { Hono } from 'hono';
import { randomHex, type Random } from '../kit/random.ts';
import { addGamedayRoutes } from './gameday-routes.ts';
import type { Lease } from './lease.ts';
import type { Trace } from './log-level.ts';
import { createProxyMetrics, type MetricsShown } from './proxy-metrics.ts';
import type { Registry } from './registry.ts';
import { errorResponse, textError } from './responses.ts';
import { addToxiproxyRoutes } from './toxiproxy-routes.ts';

export interface ControlApiSettings {
  readonly registry: Registry;
  readonly lease: Lease;
  /** Chance for the request ids only. */
  readonly random: Random;
  /** What `GET /metrics` shows; default nothing, and there is no such page. */
  readonly metrics?: MetricsShown;
  /** Told of every call; default nobody. */
  readonly trace?: Trace | undefined;
}

/** The HTTP API of the proxy server, as a web-standard handler. */
export function createControlApi(settings: ControlApiSettings): (request: Request) => Response | Promise<Response> {
  const routes = new Hono();
  addToxiproxyRoutes(routes, settings.registry);
  addGamedayRoutes(routes, settings);
  const { proxies = false, runtime = false } = settings.metrics ?? {};
  if (proxies || runtime) {
    const metrics = createProxyMetrics(settings.registry, { proxies, runtime });
    const headers = { 'content-type': metrics.contentType };
    routes.all('/metrics', async () => new Response(await metrics.page(), { headers }));
  }
  const app = new Hono();
  app.use(async (context, next) => {
    const early = oddPath(new URL(context.req.url));
    if (early) context.res = early;
    else await next();
    settings.trace?.(`${context.req.method} ${context.req.url}: ${context.res.status}`, 'debug');
  });
  // As with Toxiproxy, of routes that there are: what is none is nobody's secret.
  for (const { method, path } of routes.routes)
    app.on(method, path, async (context, next) => {
      // A page that somebody has open in a browser must not be able to drive the proxy.
      if (context.req.header('user-agent')?.startsWith('Mozilla/') === true)
        context.res = textError(403, 'User agent not allowed');
      else await next();
      context.res.headers.set('x-toxiproxy-request-id', randomHex(settings.random, 10));
    });
  app.route('/', routes);
  for (const path of new Set(routes.routes.map((route) => route.path)))
    app.all(path, () => new Response(null, { status: 405 }));
  app.notFound(() => textError(404, '404 page not found'));
  app.onError((cause) => errorResponse(cause));
  return (request) => app.fetch(request);
}

/** A path that is none, or that has slashes too many, as of a client whose address of the server ends with one; as Go's server answers it. */
function oddPath({ pathname, search }: URL): Response | undefined {
  try {
    decodeURIComponent(pathname);
  } catch {
    return textError(400, '400 Bad Request');
  }
  const clean = pathname.replaceAll(/\/{2,}/g, '/');
  return clean === pathname
    ? undefined
    : new Response(null, { status: 301, headers: { location: `${clean}${search}` } });
}
