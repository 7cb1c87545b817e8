import { describe, expect, it } from 'vitest';
import { openDeadLetters, type RecordHead } from '../../../../fakes/workload/source/dead-letters.ts';
import { createMemoryStore } from '../../../../fakes/workload/store/memory-store.ts';
import type { Store } from '../../../../fakes/workload/store/store.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';

const first: RecordHead = { id: 'ticket-1', version: 1, title: 'One' };
const second: RecordHead = { ...first, version: 2 };
const failure = new Error('The CRM answered 503.');

async function opened(store: Store = createMemoryStore()) {
  const clock = new VirtualClock();
  const letters = await openDeadLetters(store, clock, seededRandom(1));
  const redriven: RecordHead[] = [];
  return {
    ...{ clock, letters, redriven, store },
    versions: async () => (await letters.list()).map(({ id, version }) => [id, version]),
    /** Redrives for a minute; what is tried again fails or is settled as `retry` says. */
    redriveForAMinute: async (retry: (record: RecordHead) => Promise<void> = () => Promise.resolve()) => {
      const stopping = new AbortController();
      const redriving = letters.redrive(
        (record) => {
          redriven.push(record);
          return retry(record);
        },
        () => true,
        stopping.signal,
      );
      await clock.advance(60_000);
      stopping.abort();
      await redriving;
    },
  };
}

describe('dead letters', () => {
  it('keep and redrive the newer version when the older one fails after it', async () => {
    const { letters, redriven, redriveForAMinute, versions } = await opened();
    await letters.put(second, failure);
    await letters.put(first, failure);
    expect(await versions()).toEqual([['ticket-1', 2]]);
    await redriveForAMinute();
    expect(new Set(redriven.map((record) => record.version))).toEqual(new Set([2]));
  });

  it('keep the newer version when a redrive of the older one succeeds late', async () => {
    const { letters, versions } = await opened();
    await letters.put(first, failure);
    await letters.put(second, failure);
    await letters.settled(first);
    expect(await versions()).toEqual([['ticket-1', 2]]);
  });

  it('keep and redrive a newer version that fails while the store takes the older one away', async () => {
    const memory = createMemoryStore();
    let whileRemoving = (): Promise<void> => Promise.resolve();
    const store: Store = {
      ...memory,
      removeDeadLetter: async (record) => {
        await whileRemoving();
        await memory.removeDeadLetter(record);
      },
    };
    const { letters, redriven, redriveForAMinute, versions } = await opened(store);
    await letters.put(first, failure);
    whileRemoving = () => letters.put(second, failure);
    await letters.settled(first);
    expect(await versions()).toEqual([['ticket-1', 2]]);
    whileRemoving = () => Promise.resolve();
    await redriveForAMinute((record) => letters.settled(record));
    expect(redriven).toEqual([second]);
    expect(await versions()).toEqual([]);
  });

  it('are each tried again, however many fail for good before them', async () => {
    const { letters, redriveForAMinute, redriven } = await opened();
    for (let index = 0; index < 400; index++) await letters.put({ ...first, id: `ticket-${index}` }, failure);
    for (let minute = 0; minute < 5; minute++) await redriveForAMinute((record) => letters.put(record, failure));
    expect(new Set(redriven.map((record) => record.id)).size).toBe(400);
  });

  it('go when a newer version than theirs is stored', async () => {
    const { letters, versions } = await opened();
    await letters.put(first, failure);
    await letters.settled(second);
    expect(await versions()).toEqual([]);
  });
});
