import type { Hono } from 'hono';
import { z } from 'zod';
import { bodyText } from './body-text.ts';
import type { Registry } from './registry.ts';
import { fields } from './requests.ts';
import { parse, parseQuery } from './read-body.ts';
import { jsonResponse, decisionsResponse } from './responses.ts';

const SwitchBody = z.object({ on: z.boolean(), limit: z.int().min(1).max(100_000).default(1000) });

const whole = (from: number, to: number) =>
  z.coerce
    .number({ error: `has to be a whole number from ${from} to ${to}` })
    .int()
    .min(from)
    .max(to);
const RehearsalQuery = z.object({
  from: whole(1, Number.MAX_SAFE_INTEGER).optional(),
  connections: whole(1, 10_000).default(10),
  requests: whole(1, 10_000).default(10),
  bytes: whole(0, 16_777_216).default(0),
  chunkBytes: whole(1, 65_536).default(65_536),
});

/** The routes of what is left to chance; `gameday-routes.ts` lists them. */
export function addDecisionRoutes(app: Hono, registry: Registry): void {
  const state = (): Response => {
    const limit = registry.decisionLimit;
    return jsonResponse(200, limit === undefined ? { on: false } : { on: true, limit });
  };
  app.get('/gameday/decisions', state);
  app.post('/gameday/decisions', async (context) => {
    const { on, limit } = parse(fields(SwitchBody), await bodyText(context.req.raw));
    registry.keepDecisions(on ? limit : undefined);
    return state();
  });
  app.get('/gameday/decisions/:proxy/:toxic', (context) => {
    const { proxy, toxic } = context.req.param();
    const log = registry.decisions(proxy, toxic);
    return decisionsResponse({ proxy, toxic, taken: log?.taken ?? 0 }, log?.list() ?? [], registry.turns());
  });
  app.get('/gameday/plan/:proxy/:toxic', async (context) => {
    const { proxy: name, toxic } = context.req.param();
    const request = parseQuery(RehearsalQuery, context.req.query());
    const proxy = registry.get(name);
    const { decisions, ...rest } = await proxy.rehearse(proxy.toxic(toxic), request);
    return decisionsResponse(rest, decisions, registry.turns());
  });
}
