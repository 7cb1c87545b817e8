import type { Hono } from 'hono';
import { capabilities } from './capabilities.ts';
import { addDecisionRoutes } from './decision-routes.ts';
import { jsonResponse } from './responses.ts';
import { readLease } from './requests.ts';
import type { Lease } from './lease.ts';
import { bodyText } from './body-text.ts';
import type { Registry } from './registry.ts';

/**
 * What Toxiproxy does not have:
 *
 *   GET  /capabilities                       -> { types: ToxicCapability[] }: what toxics there are, with their attributes
 *   GET  /gameday/traffic                    -> { [proxy]: ProxyTraffic }, up to now
 *   GET  /gameday/receipts                   -> ToxicAccount[], removed toxics included
 *   GET  /gameday/receipts/{proxy}/{toxic}   -> ToxicAccount of the last toxic of that name
 *   POST /gameday/decisions { on, limit? }   -> { on, limit? }: keeps the last `limit` (default 1000) decisions of each toxic from now on; `on`
 *                                               false: none, and forgets what was kept. GET says how that stands
 *   GET  /gameday/decisions/{proxy}/{toxic}  -> { proxy, toxic, taken, decisions: ConnectionDecision[] }: the last of `taken` in all, removed
 *                                               toxics included
 *   GET  /gameday/plan/{proxy}/{toxic}       -> Rehearsed: the decisions that will be taken; query: `connections`, `from`, `bytes`,
 *                                               `chunkBytes`, `requests` as in RehearsalRequest
 *   POST /gameday/lease { leaseMs? }         -> LeaseState; a heartbeat: renews the leases of toxics and proxies, and with `leaseMs` that of the
 *                                               server: without another in time, all toxics are removed and all proxies enabled
 *   GET  /gameday/lease                      -> LeaseState
 *   GET  /gameday/authority                  -> the certificate, in PEM, of the authority by which proxies end the TLS of their clients
 */
export function addGamedayRoutes(app: Hono, { registry, lease }: { registry: Registry; lease: Lease }): void {
  app.get('/capabilities', () => jsonResponse(200, capabilities()));
  app.get('/gameday/traffic', () => jsonResponse(200, registry.traffic()));
  app.get('/gameday/receipts', () => jsonResponse(200, registry.accounts()));
  app.get('/gameday/receipts/:proxy/:toxic', (context) => {
    const { proxy, toxic } = context.req.param();
    return jsonResponse(200, registry.account(proxy, toxic));
  });
  addDecisionRoutes(app, registry);
  app.post('/gameday/lease', async (context) => {
    const leaseMs = readLease(await bodyText(context.req.raw));
    if (leaseMs !== undefined) lease.renew(leaseMs);
    registry.renewLeases();
    return jsonResponse(200, lease.state());
  });
  app.get('/gameday/authority', async () => {
    const headers = { 'content-type': 'application/x-pem-file' };
    return new Response(await registry.authority.certificate(), { headers });
  });
  app.get('/gameday/lease', () => jsonResponse(200, lease.state()));
}
