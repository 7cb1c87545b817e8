import { expect, it } from 'vitest';
import { createQdrantStore } from '../../../../fakes/workload/store/qdrant-store.ts';
import type { Store } from '../../../../fakes/workload/store/store.ts';
import type { JsonObject } from '../../../../harness/kit/json.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../../../harness/kit/virtual/virtual-globals.ts';
import { qdrantPart } from '../../stores/qdrant/served-qdrant.ts';

/** Runs work on a store whose Qdrant is a function behind the replaced global `fetch`. */
async function simulate(settings: JsonObject, work: (store: Store, clock: VirtualClock) => Promise<void>) {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const part = await qdrantPart(settings, clock);
  const replaced: typeof fetch = async (input, init) => part.fetch(new Request(input, init));
  await withVirtualGlobals({ clock, random: seededRandom(1), fetch: replaced }, () =>
    work(createQdrantStore({ url: 'http://vector-store.test:6333', dimension: 2 }), clock),
  );
}

it('stores and finds in virtual time, without a socket', async () => {
  await simulate({ latencyMs: 4 }, async (store, clock) => {
    await store.prepare();
    const fromMs = clock.now();
    await store.upsert([{ id: 'a', version: 1, title: 'A', text: 'a', embedding: [1, 0] }]);
    expect(await store.search([1, 0], 1)).toEqual([{ id: 'a', title: 'A', text: 'a' }]);
    expect(clock.now() - fromMs).toBe(8);
  });
});

it('gives up on a store that does not answer after 5 s of virtual time', async () => {
  await simulate({ latencyMs: 60_000 }, async (store, clock) => {
    const fromMs = clock.now();
    await expect(store.list()).rejects.toThrow('The vector store failed');
    expect(clock.now() - fromMs).toBe(5000);
  });
});
