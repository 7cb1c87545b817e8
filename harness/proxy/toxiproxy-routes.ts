import type { Hono } from 'hono';
import { errorResponse, hintOf, jsonResponse, noContent } from './responses.ts';
import { readProxies, readProxy, readProxyChange, readToxic, readToxicChange } from './requests.ts';
import type { ActiveToxic } from './active-toxic.ts';
import { bodyText } from './body-text.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { PopulateResult, Registry } from './registry.ts';
import { ApiError } from './api-error.ts';

/** The release of Toxiproxy whose API this is. */
export const toxiproxyVersion = '2.12.0';

/** The API of Toxiproxy 2.12.0 (https://github.com/Shopify/toxiproxy#http-api). Proxies may also bring their `toxics` along. */
export function addToxiproxyRoutes(app: Hono, registry: Registry): void {
  app.get('/version', () => {
    const headers = { 'content-type': 'application/json;charset=utf-8' };
    return new Response(`{"version": "${toxiproxyVersion}"}\n`, { headers });
  });
  app.post('/reset', async () => {
    await registry.heal('reset');
    return noContent();
  });
  app.post('/populate', async (context) => populated(registry, await bodyText(context.req.raw)));
  app.get('/proxies', () => jsonResponse(200, registry.views()));
  app.post('/proxies', async (context) =>
    jsonResponse(201, await registry.create(readProxy(await bodyText(context.req.raw)))),
  );
  addProxyRoutes(app, registry);
  addToxicRoutes(app, registry);
}

function addProxyRoutes(app: Hono, registry: Registry): void {
  const path = '/proxies/:proxy';
  app.get(path, (context) => jsonResponse(200, registry.view(context.req.param('proxy'))));
  app.on(['POST', 'PATCH'], path, async (context) => {
    const name = context.req.param('proxy');
    registry.get(name);
    return jsonResponse(200, await registry.update(name, readProxyChange(await bodyText(context.req.raw))));
  });
  app.delete(path, async (context) => {
    await registry.delete(context.req.param('proxy'));
    return noContent();
  });
}

function addToxicRoutes(app: Hono, registry: Registry): void {
  const path = '/proxies/:proxy/toxics';
  app.get(path, (context) => jsonResponse(200, registry.get(context.req.param('proxy')).toxicViews()));
  app.post(path, async (context) => {
    const name = context.req.param('proxy');
    registry.get(name);
    const toxic = registry.addToxic(name, readToxic(await bodyText(context.req.raw)));
    const proxy = registry.get(name);
    await doorTurned(proxy, toxic).catch((cause: unknown) => {
      proxy.removeToxic(toxic, 'removed');
      throw cause;
    });
    return jsonResponse(200, toxic.view());
  });
  app.get(`${path}/:toxic`, (context) => {
    const { proxy, toxic } = context.req.param();
    return jsonResponse(200, registry.get(proxy).toxic(toxic).view());
  });
  app.on(['POST', 'PATCH'], `${path}/:toxic`, async (context) => {
    const { proxy: proxyName, toxic: toxicName } = context.req.param();
    const text = await bodyText(context.req.raw);
    const proxy = registry.get(proxyName);
    const toxic = proxy.toxic(toxicName);
    const change = readToxicChange(text, toxic);
    proxy.changeToxic(toxic, change);
    await doorTurned(proxy, toxic);
    return jsonResponse(200, toxic.view());
  });
  app.delete(`${path}/:toxic`, async (context) => {
    const proxy = registry.get(context.req.param('proxy'));
    const toxic = proxy.toxic(context.req.param('toxic'));
    proxy.removeToxic(toxic, 'removed');
    await doorTurned(proxy, toxic);
    return noContent();
  });
}

/** A door that cannot be turned is the business of those toxics alone that do something to it. */
async function doorTurned(proxy: FaultProxy, { kind }: ActiveToxic): Promise<void> {
  if (kind.door) await proxy.doorTurned();
}

/** Unlike every other error, one of populate is JSON and says what had been applied before it. */
async function populated(registry: Registry, text: string): Promise<Response> {
  try {
    const { proxies, failure } = await registry.populate(await readProxies(text, registry.turns()));
    return failure ? populateError(failure, proxies) : jsonResponse(201, { proxies: orNull(proxies) });
  } catch (cause) {
    return cause instanceof ApiError ? populateError(cause, []) : errorResponse(cause);
  }
}

function populateError(failure: ApiError, proxies: PopulateResult['proxies']): Response {
  const { message, status } = failure;
  return jsonResponse(status, { error: message, status, ...hintOf(failure), proxies: orNull(proxies) });
}

/** Go writes a list that nothing was ever put into as null. */
function orNull<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items;
}
