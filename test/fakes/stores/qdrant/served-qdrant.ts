import { serve } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { createPart } from '../../../../fakes/stores/qdrant/create-part.ts';
import { systemClock, type Clock } from '../../../../harness/kit/clock.ts';
import type { JsonObject } from '../../../../harness/kit/json.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import type { HttpPart } from '../../../../harness/world/types.ts';

/** A Qdrant that answers at once, unless told otherwise. */
export async function qdrantPart(settings: JsonObject = {}, clock: Clock = systemClock()): Promise<HttpPart> {
  return createPart({
    name: 'vector-store',
    settings: { latencyMs: 0, ...settings },
    corpus: { module: '', documents: 1 },
    seed: 1,
    clock,
    random: seededRandom(1),
  });
}

export interface ServedQdrant {
  readonly url: string;
  readonly part: HttpPart;
  stop(): Promise<void>;
}

/** A Qdrant on a port of 127.0.0.1. */
export async function servedQdrant(settings: JsonObject = {}): Promise<ServedQdrant> {
  const part = await qdrantPart(settings);
  return new Promise((resolve) => {
    const server = serve(
      { fetch: (request) => part.fetch(request), hostname: '127.0.0.1', port: 0 },
      ({ port }: AddressInfo) =>
        resolve({
          url: `http://127.0.0.1:${port}`,
          part,
          stop: () =>
            new Promise((stopped) => {
              server.close(() => stopped());
              if ('closeAllConnections' in server) server.closeAllConnections();
            }),
        }),
    );
  });
}
