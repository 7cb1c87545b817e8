import { describe, expect, it } from 'vitest';
import { crm as crmSpec } from '../../../../fakes/sources/crm/spec.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import type { CreatePart, SourceState } from '../../../../harness/world/types.ts';
import {
  crmOnVirtualTime,
  fromStart,
  startedCrm,
  startMs,
  type CommentsBody,
  type ExportBody,
} from './crm-on-virtual-time.ts';

const comments = (id: number): string => `/api/v2/tickets/${id}/comments`;

describe('the CRM', () => {
  it('has the text of a ticket in its comments, one for each version, each with a fact of its own', async () => {
    const crm = await startedCrm({ pollsPerSecond: 1000 });
    const { tickets } = (await (await crm.get(`${fromStart}&per_page=1000`)).json()) as ExportBody;
    const ticket = tickets.find(({ comment_count }) => comment_count >= 3);
    const body = (await (await crm.get(comments(ticket?.id ?? 0))).json()) as CommentsBody;
    const facts = body.comments.map(({ plain_body }) => /The .* is [A-Z]{2}-\d{5}\./.exec(plain_body)?.[0]);
    expect(body.count).toBe(ticket?.comment_count);
    expect(facts).not.toContain(undefined);
    expect(new Set(facts).size).toBe(body.count);
  });

  it('journals the fetch of a ticket as an operation and a look for news as none', async () => {
    const crm = await startedCrm();
    await crm.get(fromStart);
    await crm.get(comments(1001));
    expect(await crm.journal()).toMatchObject([
      { operation: null, limit: 'polls', outcome: 'ok', status: 200, path: fromStart },
      {
        operation: 'ticket/1001/comments',
        limit: 'records',
        outcome: 'ok',
        status: 200,
        receivedMs: startMs + 30_015,
        endedMs: startMs + 30_030,
      },
    ]);
  });

  it('keeps quiet until the load begins', async () => {
    const crm = await crmOnVirtualTime();
    await crm.clock.advance(60_000);
    expect(await crm.state()).toEqual([]);
    expect(((await (await crm.get(fromStart)).json()) as ExportBody).tickets).toEqual([]);
  });

  it('tells the last version of everything and when it came to be', async () => {
    const crm = await startedCrm();
    const items = await crm.state();
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    expect(items.some(({ version }) => version > 1)).toBe(true);
    expect(items.every(({ atMs }) => atMs > startMs && atMs <= crm.clock.now())).toBe(true);
  });

  it('tells on request only what has changed since it was asked before', async () => {
    const crm = await startedCrm();
    const read = async (after: number): Promise<SourceState> =>
      (await (await crm.admin('GET', `/state?after=${after}`)).json()) as SourceState;
    const first = await read(0);
    expect((await read(first.next ?? 0)).items).toEqual([]);
    await crm.clock.advance(1000);
    const later = await read(first.next ?? 0);
    expect(later.items.length).toBeGreaterThan(5);
    expect(later.items.length).toBeLessThan(first.items.length);
    const both = new Map([...first.items, ...later.items].map((item) => [item.id, item]));
    const byId = (items: SourceState['items']) => [...items].sort((left, right) => left.id.localeCompare(right.id));
    expect(byId([...both.values()])).toEqual(byId(await crm.state()));
  });

  it('says the same to the same calls with the same seed, and something else with another', async () => {
    const bodies = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const crm = await crmOnVirtualTime({}, seed);
        await crm.admin('POST', '/start', { originMs: startMs });
        await crm.clock.advance(20_000);
        return (await (await crm.get(fromStart)).text()) + (await (await crm.get(comments(1003))).text());
      }),
    );
    expect(bodies[1]).toBe(bodies[0]);
    expect(bodies[2]).not.toBe(bodies[0]);
  });

  it('wants to know who calls', async () => {
    const crm = await startedCrm();
    const stranger = await crm.get(comments(1001), { headers: {} });
    expect(stranger.status).toBe(401);
    expect(await stranger.json()).toEqual({ error: "Couldn't authenticate you" });
    expect((await crm.get(comments(1001), { headers: { authorization: 'Basic YWJj' } })).status).toBe(200);
    expect((await crm.journal()).map(({ outcome }) => outcome)).toEqual(['rejected', 'ok']);
  });

  it('answers 404 as Zendesk does for a ticket that does not exist yet', async () => {
    const crm = await startedCrm();
    const response = await crm.get(comments(999_999));
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: 'RecordNotFound', description: 'Not found' },
    ]);
  });

  it('shows what it expects when it does not know a request, and keeps it in the journal', async () => {
    const crm = await startedCrm();
    const unknown = await crm.get('/api/v2/users');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({
      expected: expect.arrayContaining(['GET /api/v2/tickets/{id}/comments']) as unknown,
    });
    expect((await crm.get(comments(1001), { method: 'POST' })).status).toBe(404);
    expect((await crm.journal()).map(({ outcome }) => outcome)).toEqual(['unexpected', 'unexpected']);
  });

  it('journals a caller who hangs up as aborted and frees its place', async () => {
    const crm = await startedCrm({ concurrency: 1 });
    const caller = new AbortController();
    const abandoned = crm.get(comments(1001), { signal: caller.signal, headers: { authorization: 'Bearer x' } });
    caller.abort();
    await abandoned;
    expect((await crm.get(comments(1001))).status).toBe(200);
    expect(await crm.journal()).toMatchObject([{ outcome: 'aborted', status: null }, { outcome: 'ok' }]);
  });

  it('is made by the module that its spec names, with the settings of the spec', async () => {
    const spec = crmSpec({ quotaPerSecond: 40, changesPerSecond: 20 });
    const { createPart } = (await import(spec.module)) as { createPart: CreatePart };
    const context = { name: spec.name, corpus: { module: '', documents: 1 }, seed: 1, random: seededRandom(1) };
    const { clock } = await crmOnVirtualTime();
    expect(await createPart({ ...context, clock, settings: spec.settings })).toHaveProperty('fetch');
    expect(() =>
      createPart({ ...context, clock, settings: { quotaPerSecond: 0, changesPerSecond: -1, quta: 3 } }),
    ).toThrow('The settings of the CRM have mistakes.');
    expect(() => crmSpec({ quotaPerSecond: -1, changesPerSecond: 20 })).toThrow(
      'The settings of the CRM have mistakes.',
    );
  });
});
