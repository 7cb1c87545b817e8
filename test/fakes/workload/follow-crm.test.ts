import { describe, expect, it } from 'vitest';
import type { DefectId } from '../../../fakes/workload/defects.ts';
import { createMemoryStore } from '../../../fakes/workload/store/memory-store.ts';
import type { Store } from '../../../fakes/workload/store/store.ts';
import { earlyAttempts, hintlessGaps, operationsOf, type CrmCall, type StandInCrm } from './support/stand-in-crm.ts';
import { startWorkload, type StartedWorkload } from './support/started-workload.ts';

interface Trouble {
  readonly started: StartedWorkload;
  /** Calls while the quota was cut, and all calls. */
  readonly throttled: readonly CrmCall[];
  readonly calls: readonly CrmCall[];
  /** Tickets whose newest version is not stored, every five seconds after the heal. */
  readonly missing: readonly number[];
}

/** The trouble of the scenario: a quota of 4 instead of 40 per second for 20 s, then 10 s of nothing but 503, then all is well. */
async function goThroughTrouble(
  settings: { defect?: DefectId; seed?: number; hint?: StandInCrm['retryAfter'] } = {},
): Promise<Trouble> {
  const started = await startWorkload({ ...settings, changesPerSecond: 20, changesUntilMs: 90_000 });
  const { clock, crm } = started;
  await started.post('/sources/crm/follow', {});
  await clock.advance(30_000);
  crm.quotaPerSecond = 4;
  crm.retryAfter = settings.hint ?? 'seconds';
  const cutMs = clock.now();
  await clock.advance(20_000);
  const outageMs = clock.now();
  crm.down = true;
  await clock.advance(10_000);
  crm.down = false;
  crm.quotaPerSecond = 40;
  const missing: number[] = [];
  for (let look = 0; look < 9; look++) {
    await clock.advance(5000);
    missing.push(await missingIn(started));
  }
  await clock.run(started.workload.stop());
  return {
    ...{ started, missing, calls: crm.calls },
    throttled: crm.calls.filter((call) => call.atMs >= cutMs && call.atMs < outageMs),
  };
}

async function missingIn({ crm, store }: StartedWorkload): Promise<number> {
  const stored = new Map((await store.list()).map(({ id, version }) => [id, version]));
  return [...crm.versions].filter(([ticketId, version]) => stored.get(`ticket-${ticketId}`) !== version).length;
}

function mostAttempts(calls: readonly CrmCall[]): number {
  return Math.max(...operationsOf(calls).map((attempts) => attempts.length));
}

function amplification(calls: readonly CrmCall[]): number {
  const records = calls.filter((call) => call.operation !== 'page');
  return records.length / operationsOf(records).length;
}

/** Median and variation of the gaps after failures without a hint, relative to 500 ms x 2^(retry - 1). */
function spreadOf(calls: readonly CrmCall[]): { count: number; median: number; variation: number } {
  const gaps = hintlessGaps(calls).map(({ attempt, gapMs }) => gapMs / (500 * 2 ** (attempt - 2)));
  gaps.sort((left, right) => left - right);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  return { count: gaps.length, median: gaps[gaps.length >> 1] ?? 0, variation: deviation / mean };
}

describe.each([
  { hint: 'seconds', seed: 1 },
  { hint: 'http-date', seed: 2 },
  { hint: 'none', seed: 3 },
] as const)('following a CRM in trouble, with Retry-After as $hint', ({ hint, seed }) => {
  const trouble = goThroughTrouble({ hint, seed });

  it('stores everything and has no dead letters left', async () => {
    const { missing, started } = await trouble;
    expect(missing.at(-1)).toBe(0);
    expect(await started.store.deadLetters()).toEqual([]);
  });

  it('has drained the backlog within 1.25 times the formula', async () => {
    // (20 s x (20 - 4) + 10 s x 20) / (40 - 20) = 26 s; what changed within the last two seconds is no backlog.
    expect((await trouble).missing[5]).toBeLessThan(40);
  });

  it('does not call before the time that Retry-After asked for', async () => {
    const { calls } = await trouble;
    expect(calls.some((call) => call.retryAfterMs !== null)).toBe(hint !== 'none');
    expect(earlyAttempts(calls)).toEqual([]);
  });

  it('makes at most 1.12 attempts per operation while throttled', async () => {
    const { throttled } = await trouble;
    expect(throttled.filter((call) => call.status === 429).length).toBeGreaterThan(2);
    expect(amplification(throttled)).toBeLessThan(1.12);
  });

  it('tries nothing more than three times', async () => {
    expect(mostAttempts((await trouble).calls)).toBe(3);
  });

  it('waits longer and unevenly between attempts when nobody says how long', async () => {
    const { count, median, variation } = spreadOf((await trouble).calls);
    expect(count).toBeGreaterThanOrEqual(10);
    expect(median).toBeGreaterThanOrEqual(0.5);
    expect(variation).toBeGreaterThanOrEqual(0.25);
  });

  it('has at most six requests at the source at a time', async () => {
    expect((await trouble).started.crm.most.peak).toBeLessThanOrEqual(6);
  });
});

describe('following a CRM in trouble, with a defect', () => {
  it('A2: comes back at once', async () => {
    expect(spreadOf((await goThroughTrouble({ defect: 'A2' })).calls).median).toBeLessThan(0.5);
  });

  it('A3: tries again and again', async () => {
    expect(mostAttempts((await goThroughTrouble({ defect: 'A3' })).calls)).toBeGreaterThan(3);
  });

  it('A6: does not wait as long as it is asked to', async () => {
    expect(earlyAttempts((await goThroughTrouble({ defect: 'A6' })).calls).length).toBeGreaterThan(0);
  });

  it('C3: loses what failed', async () => {
    expect((await goThroughTrouble({ defect: 'C3' })).missing.at(-1)).toBeGreaterThan(0);
  });
});

describe('following a CRM', () => {
  it('stores each ticket with the number of its comments as its version', async () => {
    const { clock, crm, get, post } = await startWorkload({ changesPerSecond: 10, changesUntilMs: 5000 });
    expect((await post('/sources/crm/follow', {})).status).toBe(202);
    await clock.advance(8000);
    const stored = (await get('/documents')) as { documents: { id: string; version: number }[] };
    expect(new Map(stored.documents.map(({ id, version }) => [id, version]))).toEqual(
      new Map([...crm.versions].map(([ticketId, version]) => [`ticket-${ticketId}`, version])),
    );
  });

  it('looks for news twice a second at the end of the feed, each time in a trace of its own', async () => {
    const { clock, crm, post } = await startWorkload();
    await post('/sources/crm/follow', {});
    await clock.advance(10_000);
    expect(crm.calls.length).toBeGreaterThan(15);
    expect(crm.calls.length).toBeLessThan(21);
    expect(new Set(crm.calls.map((call) => call.trace)).size).toBe(crm.calls.length);
  });

  it('follows once, however often it is told to', async () => {
    const { clock, crm, post } = await startWorkload();
    await Promise.all([post('/sources/crm/follow', {}), post('/sources/crm/follow', {})]);
    await clock.advance(400);
    expect(crm.calls.length).toBe(1);
  });

  it('puts a record that cannot be fetched aside, goes on, and stores it once it can be', async () => {
    const { clock, crm, get, post, store } = await startWorkload({ changesPerSecond: 10, changesUntilMs: 2000 });
    crm.broken.add(3);
    await post('/sources/crm/follow', {});
    await clock.advance(5000);
    const { deadLetters } = (await get('/dead-letters')) as { deadLetters: unknown[] };
    expect(deadLetters).toEqual([
      {
        id: 'ticket-3',
        version: crm.versions.get(3),
        reason: 'The CRM answered 404.',
        atMs: expect.any(Number) as number,
      },
    ]);
    expect(await store.list()).toHaveLength(crm.versions.size - 1);
    crm.broken.clear();
    await clock.advance(60_000);
    expect(await get('/dead-letters')).toEqual({ deadLetters: [] });
    expect(await store.list()).toHaveLength(crm.versions.size);
  });

  it('goes on after a restart where it was, dead letters included', async () => {
    const first = await startWorkload({ changesPerSecond: 10, changesUntilMs: 4000 });
    first.crm.broken.add(1);
    await first.post('/sources/crm/follow', {});
    await first.clock.advance(6000);
    await first.clock.run(first.workload.stop());
    const cursor = await first.store.cursor('crm');
    expect(Number(cursor)).toBeGreaterThan(20);
    const second = await startWorkload({ changesPerSecond: 10, changesUntilMs: 4000, store: first.store });
    await second.clock.advance(6000);
    await second.post('/sources/crm/follow', {});
    await second.clock.advance(10_000);
    expect(await second.store.deadLetters()).toEqual([]);
    expect(operationsOf(second.crm.calls).filter(([call]) => call?.operation.startsWith('ticket/')).length).toBe(1);
  });

  it('does not come back to a source that wants to be left alone for a day', async () => {
    // More changes than it can fetch: there is always a record to be fetched next.
    const { clock, crm, get, post } = await startWorkload({ changesPerSecond: 100 });
    await post('/sources/crm/follow', {});
    await clock.advance(4050);
    Object.assign(crm, { quotaPerSecond: 0.001, retryAfter: 'a day' });
    await clock.advance(10_000);
    const before = crm.calls.length;
    await clock.advance(60_000);
    expect(crm.calls.length).toBe(before);
    const { deadLetters } = (await get('/dead-letters')) as { deadLetters: { reason: string }[] };
    expect(deadLetters.map((letter) => letter.reason)).toContain('The CRM asks to wait for 86400 s.');
  });

  it('gives an attempt that is not answered up after three seconds, and makes another', async () => {
    const { clock, crm, post, store } = await startWorkload({ changesPerSecond: 10, changesUntilMs: 1000 });
    const answer = crm.fetch;
    const hungMs: { from: number; to: number }[] = [];
    Object.assign(crm, {
      fetch: async (...[input, init]: Parameters<typeof fetch>) => {
        if (hungMs.length > 0) return answer(input, init);
        const from = clock.now();
        return new Promise<Response>((_resolve, reject) =>
          init?.signal?.addEventListener('abort', () => {
            hungMs.push({ from, to: clock.now() });
            reject(new Error('aborted'));
          }),
        );
      },
    });
    await post('/sources/crm/follow', {});
    await clock.advance(10_000);
    expect(hungMs.map(({ from, to }) => to - from)).toEqual([3000]);
    expect(await store.list()).toHaveLength(crm.versions.size);
  });

  it('passes the class of its work on to the model server, and embeds in small batches', async () => {
    const { clock, model, post } = await startWorkload({ changesPerSecond: 20 });
    await post('/sources/crm/follow', {});
    await clock.advance(10_000);
    expect(new Set(model.calls.map((call) => call.workClass))).toEqual(new Set(['batch']));
    expect(Math.max(...model.calls.map((call) => call.body.input?.length ?? 0))).toBeLessThanOrEqual(8);
  });
});

describe('following a CRM while the model server hangs', () => {
  it('goes on with the next batch after 30 s, and stores the first after all', async () => {
    const { clock, crm, model, post, store } = await startWorkload({ changesPerSecond: 10, changesUntilMs: 5000 });
    model.embedMs = 3_600_000;
    await post('/sources/crm/follow', {});
    await clock.advance(5000);
    model.embedMs = 5;
    await clock.advance(20_000);
    expect(await store.list()).toEqual([]);
    await clock.advance(60_000);
    expect(await store.list()).toHaveLength(crm.versions.size);
    expect(await store.deadLetters()).toEqual([]);
  });
});

describe('stopping', () => {
  it('leaves no timer behind, whatever was under way', async () => {
    for (const afterMs of [1, 400, 2130, 5010, 9990]) {
      const { clock, crm, post, workload } = await startWorkload({ changesPerSecond: 40 });
      await post('/sources/crm/follow', {});
      await clock.advance(afterMs);
      crm.down = true;
      await clock.advance(afterMs);
      await clock.run(workload.stop());
      // What the stand-ins have begun they finish: they sleep without looking at the signal.
      await clock.advance(100);
      expect(clock.pending).toBe(0);
    }
  });

  it('ends at once, also while the source wants to be left alone for a day', async () => {
    const { clock, crm, post, workload } = await startWorkload({ changesPerSecond: 100 });
    await post('/sources/crm/follow', {});
    await clock.advance(4050);
    Object.assign(crm, { quotaPerSecond: 0.001, retryAfter: 'a day' });
    await clock.advance(10_000);
    const stoppedMs = clock.now();
    await clock.run(workload.stop());
    expect(clock.now() - stoppedMs).toBeLessThan(1000);
  });

  it('begins again at the cursor when the store was away', async () => {
    const memory = createMemoryStore();
    let away = false;
    const store: Store = {
      ...memory,
      upsert: (documents) => (away ? Promise.reject(new Error('away')) : memory.upsert(documents)),
      putDeadLetter: (letter) => (away ? Promise.reject(new Error('away')) : memory.putDeadLetter(letter)),
    };
    const { clock, crm, post } = await startWorkload({ changesPerSecond: 10, changesUntilMs: 15_000, store });
    await post('/sources/crm/follow', {});
    await clock.advance(5000);
    away = true;
    await clock.advance(5000);
    away = false;
    await clock.advance(20_000);
    expect(await store.list()).toHaveLength(crm.versions.size);
    expect(await store.deadLetters()).toEqual([]);
  });
});
