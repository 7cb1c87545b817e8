import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../fakes/workload/store/memory-store.ts';
import type { Store } from '../../../fakes/workload/store/store.ts';
import { startWorkload } from './support/started-workload.ts';

const document = { id: 'doc-1', version: 1, title: 'Harbor Lamp', text: 'The code is KX-39427.' };

describe('handing documents over', () => {
  it('acknowledges what is stored, after one call for all embeddings', async () => {
    const { clock, get, model, post } = await startWorkload();
    const documents = [document, { ...document, id: 'doc-2' }];
    const response = await clock.run(post('/documents', { documents }));
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        stored: [
          { id: 'doc-1', version: 1 },
          { id: 'doc-2', version: 1 },
        ],
      },
    ]);
    expect(model.calls.map((call) => [call.path, call.workClass])).toEqual([['/v1/embeddings', 'batch']]);
    expect(await get('/documents')).toEqual({
      documents: [
        { id: 'doc-1', version: 1 },
        { id: 'doc-2', version: 1 },
      ],
    });
  });

  it('keeps the higher version, whatever comes last', async () => {
    const { clock, get, post } = await startWorkload();
    for (const version of [2, 1]) await clock.run(post('/documents', { documents: [{ ...document, version }] }));
    expect(await get('/documents')).toEqual({ documents: [{ id: 'doc-1', version: 2 }] });
  });

  it('does not acknowledge what could not be stored', async () => {
    const store: Store = { ...createMemoryStore(), upsert: () => Promise.reject(new Error('disk full')) };
    const { clock, post } = await startWorkload({ store });
    const response = await clock.run(post('/documents', { documents: [document] }));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, 'store']);
  });

  it('says that the store failed when it cannot list what is stored', async () => {
    const store: Store = { ...createMemoryStore(), list: () => Promise.reject(new Error('connection lost')) };
    const { get } = await startWorkload({ store });
    expect(await get('/documents')).toEqual({ code: 'store', message: 'The documents could not be listed.' });
  });

  it('stores nothing when an embedding has the wrong size', async () => {
    const { clock, model, post, store } = await startWorkload();
    const answer = model.fetch;
    Object.assign(model, {
      fetch: async (...call: Parameters<typeof fetch>) => {
        await answer(...call);
        return Response.json({ data: [{ index: 0, embedding: Buffer.from(new Float32Array(64)).toString('base64') }] });
      },
    });
    expect((await clock.run(post('/documents', { documents: [document] }))).status).toBe(502);
    expect(await store.list()).toEqual([]);
  });

  it('tries an embedding three times', async () => {
    const { clock, model, post } = await startWorkload();
    model.failures.push(503, 429);
    expect((await clock.run(post('/documents', { documents: [document] }))).status).toBe(200);
    expect(model.calls).toHaveLength(3);
  });

  it('waits as long as the model server asks', async () => {
    const { clock, model, post } = await startWorkload();
    model.failures.push([429, '4']);
    expect((await clock.run(post('/documents', { documents: [document] }))).status).toBe(200);
    const [first, second] = model.calls;
    expect((second?.atMs ?? 0) - (first?.endedMs ?? 0)).toBeGreaterThanOrEqual(4000);
  });

  it('refuses what is malformed, and names every mistake', async () => {
    const { clock, post } = await startWorkload();
    const response = await clock.run(
      post('/documents', { documents: [{ id: '', version: 1.5, title: 'x', text: '' }] }),
    );
    expect(response.status).toBe(400);
    const { message } = (await response.json()) as { message: string };
    for (const place of ['documents.0.id', 'documents.0.version', 'documents.0.text']) expect(message).toContain(place);
  });
});

describe('the routes', () => {
  it('are ready when the store is', async () => {
    let there = false;
    const store: Store = {
      ...createMemoryStore(),
      prepare: () => (there ? Promise.resolve() : Promise.reject(new Error('not yet'))),
    };
    const { clock, workload } = await startWorkload({ store });
    const health = async (): Promise<number> => (await workload.fetch(new Request('http://w.test/health'))).status;
    expect(await health()).toBe(503);
    there = true;
    await clock.advance(1000);
    expect(await health()).toBe(200);
  });

  it('are ready in the end when the store goes away between its first two calls', async () => {
    const memory = createMemoryStore();
    let failures = 2;
    const store: Store = {
      ...memory,
      deadLetters: () => (failures-- > 0 ? Promise.reject(new Error('away')) : memory.deadLetters()),
    };
    const { clock, get, workload } = await startWorkload({ store });
    await clock.advance(2000);
    expect((await workload.fetch(new Request('http://w.test/health'))).status).toBe(200);
    expect(await get('/dead-letters')).toEqual({ deadLetters: [] });
  });

  it('do not keep anybody waiting for dead letters that cannot be read yet', async () => {
    const store: Store = { ...createMemoryStore(), prepare: () => Promise.reject(new Error('not yet')) };
    const { workload } = await startWorkload({ store });
    const response = await workload.fetch(new Request('http://w.test/dead-letters'));
    expect([response.status, await response.json()]).toEqual([
      503,
      { code: 'store', message: 'The store is not ready yet.' },
    ]);
  });

  it('say what they do not know', async () => {
    const { workload } = await startWorkload();
    const response = await workload.fetch(new Request('http://w.test/nothing'));
    expect([response.status, await response.json()]).toEqual([
      404,
      { code: 'not_found', message: 'There is no GET /nothing.' },
    ]);
  });
});
