import { QdrantClient } from '@qdrant/js-client-rest';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { qdrantHandlers } from '../../../../fakes/stores/qdrant/msw.ts';
import { qdrantPart } from './served-qdrant.ts';

const origin = 'http://qdrant.test:6333';
const server = setupServer(...qdrantHandlers(await qdrantPart(), origin));

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(() => server.close());

describe('Qdrant as MSW handlers', () => {
  it('answers the official client in this process, without a socket', async () => {
    const client = new QdrantClient({ url: 'http://qdrant.test', checkCompatibility: false });
    await client.createCollection('docs', { vectors: { size: 2, distance: 'Cosine' } });
    await client.upsert('docs', { wait: true, points: [{ id: 1, vector: [1, 0] }] });
    expect((await client.query('docs', { query: [1, 0] })).points).toEqual([{ id: 1, version: 0, score: 1 }]);
  });

  it('is as strict as on a port', async () => {
    expect((await fetch(`${origin}/telemetry`)).status).toBe(404);
  });
});
