import { Hono } from 'hono';
import { z } from 'zod';
import { adminPath, type HttpPart, type SourceState } from '../../harness/world/types.ts';
import type { Journal } from './journal.ts';
import type { PartFaults } from './part-faults.ts';

/** What the admin API of a part needs of it. */
export interface PartAdminSettings {
  readonly journal: Journal;
  readonly faults: PartFaults;
  /** Called when the load begins. */
  readonly start?: (originMs: number) => void;
  /** What `GET /_gameday/state` answers; `after` is the `next` that the caller was given before, 0 without. */
  readonly state?: (after: number) => SourceState | Readonly<Record<string, unknown>>;
}

const StartBody = z.object({ originMs: z.number() });
const InjectBody = z.object({ kind: z.string(), settings: z.unknown(), leaseMs: z.number().positive() });
const RenewBody = z.object({ leaseMs: z.number().positive() });

/** The admin API that every part has; its routes are listed in `harness/world/types.ts`. */
export function createPartAdmin(settings: PartAdminSettings): HttpPart {
  const app = new Hono().basePath(adminPath);
  app.post('/start', async (context) => {
    settings.start?.(StartBody.parse(await context.req.json()).originMs);
    return context.json({});
  });
  app.get('/journal', (context) =>
    context.json(settings.journal.page(Number(context.req.query('after') ?? 0), context.req.query('open') === 'true')),
  );
  app.put('/faults/:id', async (context) => {
    const result = settings.faults.inject(context.req.param('id'), InjectBody.parse(await context.req.json()));
    return result.kind === 'injected' ? context.json({}) : context.json({ problems: result.problems }, 400);
  });
  app.delete('/faults/:id', (context) => {
    const receipt = settings.faults.heal(context.req.param('id'));
    return receipt
      ? context.json(receipt)
      : context.json({ problems: [`There is no fault "${context.req.param('id')}".`] }, 404);
  });
  app.get('/faults', (context) => context.json(settings.faults.receipts()));
  app.post('/renew', async (context) =>
    context.json({ active: settings.faults.renew(RenewBody.parse(await context.req.json()).leaseMs) }),
  );
  app.get('/state', (context) => context.json(settings.state?.(Number(context.req.query('after') ?? 0)) ?? {}));
  app.onError((cause, context) => context.json({ problems: [cause.message] }, 400));
  app.notFound((context) =>
    context.json({ problems: [`The admin API has no ${context.req.method} ${context.req.path}.`] }, 404),
  );
  return { fetch: (request) => app.fetch(request) };
}

/** Joins a part's own handler and its admin API behind one `fetch`. */
export function withAdmin(part: HttpPart, admin: HttpPart): HttpPart {
  return {
    ...part,
    fetch: (request) =>
      new URL(request.url).pathname.startsWith(`${adminPath}/`) ? admin.fetch(request) : part.fetch(request),
  };
}
