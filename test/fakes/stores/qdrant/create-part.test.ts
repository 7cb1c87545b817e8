import { describe, expect, it } from 'vitest';
import { qdrant } from '../../../../fakes/stores/qdrant/spec.ts';
import type { JsonObject } from '../../../../harness/kit/json.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import type { CreatePart, HttpPart, JournalPage } from '../../../../harness/world/types.ts';
import { qdrantPart } from './served-qdrant.ts';

async function onVirtualTime(settings: JsonObject = {}) {
  const clock = new VirtualClock(1000);
  const part = await qdrantPart({ latencyMs: 2, ...settings }, clock);
  const send = (method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<Response> =>
    clock.run(
      Promise.resolve(
        part.fetch(
          new Request(`http://qdrant.test${path}`, {
            method,
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            ...init,
          }),
        ),
      ),
    );
  await send('PUT', '/collections/docs', { vectors: { size: 2, distance: 'Dot' } });
  const journal = async () =>
    ((await (await part.fetch(new Request('http://x/_gameday/journal?after=1'))).json()) as JournalPage).calls;
  return { clock, part, send, journal };
}

const point = { id: 1, vector: [1, 0] };
const upsert = '/collections/docs/points?wait=true';
const query = '/collections/docs/points/query';

describe('the Qdrant part', () => {
  it('takes its time from the clock and tells it in seconds', async () => {
    const { send } = await onVirtualTime({ latencyMs: 250 });
    expect(await (await send('PUT', upsert, { points: [point] })).json()).toEqual({
      result: { operation_id: 0, status: 'completed' },
      status: 'ok',
      time: 0.25,
    });
    expect(await (await send('PUT', '/collections/docs/points', { points: [point] })).json()).toMatchObject({
      result: { operation_id: 1, status: 'acknowledged' },
    });
  });

  it('journals reads and writes with what they are about, and looks at the server as nothing', async () => {
    const { send, journal } = await onVirtualTime();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await send('PUT', upsert, { points: [point] }, { headers: { traceparent } });
    await send('POST', query, { query: [1, 0] });
    await send('POST', query, { query: [0, 1] });
    await send('POST', '/collections/docs/points/scroll', {});
    await send('GET', '/readyz');
    const calls = await journal();
    expect(calls).toMatchObject([
      {
        method: 'PUT',
        path: upsert,
        limit: 'writes',
        traceId: 'a'.repeat(32),
        status: 200,
        outcome: 'ok',
        receivedMs: 1002,
        endedMs: 1004,
      },
      { limit: 'reads', path: query, status: 200, outcome: 'ok' },
      { limit: 'reads', path: query, status: 200, outcome: 'ok' },
      { limit: 'reads', operation: null },
      { path: '/readyz', operation: null },
    ]);
    expect(calls[0]?.operation).toMatch(/^upsert\/[0-9a-f]+$/);
    expect(calls[1]?.operation).not.toBe(calls[2]?.operation);
  });

  it('answers health checks in plain words', async () => {
    const { send } = await onVirtualTime();
    const bodies = await Promise.all(
      ['/healthz', '/readyz', '/livez'].map(async (path) => (await send('GET', path)).text()),
    );
    expect(bodies).toEqual(['healthz check passed', 'all shards are ready', 'livez check passed']);
  });

  it('shows what it expects when it does not know a request', async () => {
    const { send, journal } = await onVirtualTime();
    const unknown = await send('POST', '/collections/docs/points/recommend', { positive: [1] });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      {
        status: { error: expect.stringContaining('POST /collections/docs/points/recommend') as unknown },
        expected: expect.arrayContaining(['POST /collections/{name}/points/query']) as unknown,
        time: 0.002,
      },
    ]);
    expect(await journal()).toMatchObject([{ outcome: 'unexpected', status: 404, operation: null }]);
  });

  it.each([
    ['a field', 'POST', query, { query: [1, 0], prefetch: [] }, '"prefetch"'],
    ['a kind of query', 'POST', query, { query: { recommend: { positive: [1] } } }, 'the query'],
    ['a condition', 'POST', query, { query: [1, 0], filter: { must: [{ nested: {} }] } }, '"nested"'],
    ['a distance', 'PUT', '/collections/more', { vectors: { size: 2, distance: 'Euclid' } }, '"Euclid"'],
    ['a named vector', 'PUT', upsert, { points: [{ id: 1, vector: { text: [1, 0] } }] }, 'a vector'],
  ])('shows what it expects when it does not know %s', async (_what, method, path, body, named) => {
    const { send, journal } = await onVirtualTime();
    const answer = await send(method, path, body);
    expect(answer.status).toBe(400);
    const { status, expected } = (await answer.json()) as { status: { error: string }; expected: string[] };
    expect(status.error).toContain(named);
    expect(expected.length).toBeGreaterThan(0);
    expect(await journal()).toMatchObject([{ outcome: 'unexpected' }]);
  });

  it('rejects what is no JSON, or lacks something, as Qdrant does', async () => {
    const { send, journal } = await onVirtualTime();
    const broken = await send('POST', query, undefined, { body: '{"query": [1' });
    const empty = await send('POST', query);
    const vectorless = await send('PUT', upsert, { points: [{ id: 1 }] });
    expect([broken.status, empty.status, vectorless.status]).toEqual([400, 400, 400]);
    expect(await vectorless.json()).toMatchObject({
      status: { error: 'Format error in JSON body: missing field `vector`' },
    });
    expect((await journal()).map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('stores all points of an upsert or none', async () => {
    const { send } = await onVirtualTime();
    expect((await send('PUT', upsert, { points: [point, { id: 2, vector: [1] }] })).status).toBe(400);
    expect(await (await send('POST', '/collections/docs/points/count', {})).json()).toMatchObject({
      result: { count: 0 },
    });
  });

  it('journals a caller who hangs up as aborted, and keeps what was being written', async () => {
    const { clock, journal, part } = await onVirtualTime({ latencyMs: 100 });
    const caller = new AbortController();
    const body = JSON.stringify({ points: [point] });
    const sent = new Request(`http://qdrant.test${upsert}`, { method: 'PUT', body, signal: caller.signal });
    const abandoned = Promise.resolve(part.fetch(sent));
    await clock.advance(50);
    caller.abort();
    await abandoned;
    expect(await journal()).toMatchObject([{ outcome: 'aborted', status: null }]);
    const state = await part.fetch(new Request('http://x/_gameday/state'));
    expect(await state.json()).toEqual({ collections: { docs: 1 } });
  });

  it('can be unavailable, with a hint when to come back, until it is healed', async () => {
    const { send, journal, part } = await onVirtualTime();
    await inject(part, 'unavailable', { status: 503, retryAfterSeconds: 7 });
    const answer = await send('POST', query, { query: [1, 0] });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await answer.json()).toMatchObject({ status: { error: expect.stringContaining('unavailable') as unknown } });
    expect(await journal()).toMatchObject([{ outcome: 'unavailable', fault: 'f', retryAfterMs: 7000, limit: 'reads' }]);
    const healed = await part.fetch(new Request('http://x/_gameday/faults/f', { method: 'DELETE' }));
    expect(await healed.json()).toMatchObject({ seen: 1, altered: 1, ended: 'healed' });
    expect((await send('POST', query, { query: [1, 0] })).status).toBe(200);
  });

  it('can be slow', async () => {
    const { send, journal, part } = await onVirtualTime();
    await inject(part, 'slow', { addMs: 300 });
    expect(await (await send('POST', query, { query: [1, 0] })).json()).toMatchObject({ time: 0.302 });
    expect(await journal()).toMatchObject([{ outcome: 'ok', fault: 'f' }]);
  });

  it('is made by the module that its spec names, with the settings of the spec', async () => {
    const spec = qdrant({ name: 'store-b', latencyMs: 3 });
    expect(spec).toMatchObject({
      name: 'store-b',
      protocol: 'http',
      role: 'store',
      variables: { QDRANT_URL: '{origin}' },
    });
    const { createPart } = (await import(spec.module)) as { createPart: CreatePart };
    const context = { name: spec.name, corpus: { module: '', documents: 1 }, seed: 1, random: seededRandom(1) };
    const clock = new VirtualClock();
    expect(await createPart({ ...context, clock, settings: spec.settings })).toHaveProperty('fetch');
    expect(() => createPart({ ...context, clock, settings: { latncyMs: 1 } })).toThrow(/latncyMs/);
  });
});

async function inject(part: HttpPart, kind: string, settings: JsonObject): Promise<void> {
  const body = JSON.stringify({ kind, settings, leaseMs: 60_000 });
  const answer = await part.fetch(new Request('http://x/_gameday/faults/f', { method: 'PUT', body }));
  expect(await answer.json()).toEqual({});
}
