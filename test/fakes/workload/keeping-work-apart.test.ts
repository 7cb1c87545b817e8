import { describe, expect, it } from 'vitest';
import type { DefectId } from '../../../fakes/workload/defects.ts';
import { metricsPage } from './support/stand-in-model.ts';
import { startWorkload, type StartedWorkload } from './support/started-workload.ts';

const documents = [{ id: 'doc-1', version: 1, title: 'Harbor Lamp', text: 'The code is KX-39427.' }];

async function started(defect?: DefectId): Promise<StartedWorkload> {
  return startWorkload(defect ? { defect } : {});
}

/** Sends a request and gives up after `waitMs`, as callers do. Returns the status, or "gave up". */
async function call(workload: StartedWorkload, path: string, waitMs = 6000): Promise<number | 'gave up'> {
  const caller = new AbortController();
  const body = path === '/ask' ? { question: 'What is the code of Harbor Lamp?' } : { documents };
  const headers = { 'x-timeout-ms': String(waitMs) };
  const gaveUp = new Promise<'gave up'>((resolve) => {
    workload.clock.setTimer(() => {
      caller.abort();
      resolve('gave up');
    }, waitMs);
  });
  const answer = workload.post(path, body, { headers, signal: caller.signal }).then(async (response) => {
    await response.text();
    return response.status;
  });
  return Promise.race([answer, gaveUp]);
}

function openChats({ model }: StartedWorkload): number {
  return model.calls.filter((one) => one.path.endsWith('/completions') && one.ended === 'open').length;
}

function openEmbeddings({ model }: StartedWorkload): number {
  return model.calls.filter((one) => one.workClass === 'batch' && one.ended === 'open').length;
}

/** The model server gets slow; ten questions and fifty batches come every second for twenty seconds. */
async function flood(workload: StartedWorkload) {
  const { clock, model } = workload;
  model.firstTokenMs = 900;
  model.embedMs = 900;
  model.places = 24;
  model.metrics = metricsPage({ blocks: 250 });
  const results: { path: string; result: Promise<number | 'gave up'> }[] = [];
  let mostWaiting = 0;
  for (let tick = 0; tick < 200; tick++) {
    results.push({ path: '/ask', result: call(workload, '/ask') });
    for (let more = 0; more < 5; more++) results.push({ path: '/documents', result: call(workload, '/documents') });
    await clock.advance(100);
    const open = results.length - (await settled(results.map((one) => one.result)));
    mostWaiting = Math.max(mostWaiting, open);
  }
  await clock.advance(20_000);
  const ended = await Promise.all(results.map(async ({ path, result }) => ({ path, result: await result })));
  const count = (path: string, result: number | 'gave up'): number =>
    ended.filter((one) => one.path === path && one.result === result).length;
  const shed = { questions: count('/ask', 503), batches: count('/documents', 503) };
  return {
    shed,
    mostWaiting,
    gaveUp: { batches: count('/documents', 'gave up') },
    good: { questions: count('/ask', 200) },
  };
}

async function settled(promises: readonly Promise<unknown>[]): Promise<number> {
  const open = Symbol('open');
  const states = await Promise.all(promises.map((promise) => Promise.race([promise, Promise.resolve(open)])));
  return states.filter((state) => state !== open).length;
}

describe('room at the model server', () => {
  it('begins only as many questions as the cache of the model server holds to their end', async () => {
    const workload = await started();
    workload.model.metrics = metricsPage({ blocks: 50 });
    workload.model.firstTokenMs = 1000;
    await workload.clock.advance(300);
    for (let question = 0; question < 30; question++) void call(workload, '/ask');
    await workload.clock.advance(100);
    // A small prompt and 48 tokens of answer take 6 blocks of 16 tokens; 47 of 50 may be used.
    expect(openChats(workload)).toBe(7);
  });

  it('E2: begins all of them', async () => {
    const workload = await started('E2');
    workload.model.metrics = metricsPage({ blocks: 50 });
    workload.model.firstTokenMs = 1000;
    await workload.clock.advance(300);
    for (let question = 0; question < 30; question++) void call(workload, '/ask');
    await workload.clock.advance(100);
    expect(openChats(workload)).toBe(30);
  });

  it('holds batch work back while questions are slow, but never for good', async () => {
    const workload = await started();
    workload.model.firstTokenMs = 900;
    const done: (number | 'gave up')[] = [];
    for (let tick = 0; tick < 100; tick++) {
      void call(workload, '/ask');
      void call(workload, '/documents').then((result) => done.push(result));
      await workload.clock.advance(100);
      if (tick > 20) expect(openEmbeddings(workload)).toBeLessThanOrEqual(1);
    }
    const stored = done.filter((result) => result === 200).length;
    expect(stored).toBeGreaterThan(3);
    expect(stored).toBeLessThan(40);
  });

  it('tells those that it sends away when to come back', async () => {
    const workload = await started();
    workload.model.embedMs = 60_000;
    const responses: Response[] = [];
    for (let batch = 0; batch < 50; batch++)
      void workload.post('/documents', { documents }).then((response) => responses.push(response));
    await workload.clock.advance(100);
    expect(responses.length).toBeGreaterThan(10);
    expect(new Set(responses.map(({ status, headers }) => `${status} ${headers.get('retry-after') ?? ''}`))).toEqual(
      new Set(['503 2']),
    );
  });

  it('stores what the feed of a source brings also in a flood of batch work', async () => {
    const workload = await startWorkload({ changesPerSecond: 5 });
    workload.model.firstTokenMs = 900;
    await workload.post('/sources/crm/follow', {});
    for (let tick = 0; tick < 100; tick++) {
      void call(workload, '/ask');
      for (let more = 0; more < 5; more++) void call(workload, '/documents');
      await workload.clock.advance(100);
    }
    const tickets = (await workload.store.list()).filter(({ id }) => id.startsWith('ticket-')).length;
    expect(tickets).toBeGreaterThan(0.8 * workload.crm.versions.size);
  });
});

describe('a flood of batch work', () => {
  it('is sent away, and questions are not', async () => {
    const { shed, good, mostWaiting, gaveUp } = await flood(await started());
    expect(shed.batches).toBeGreaterThan(100);
    expect(shed.questions / (shed.questions + shed.batches)).toBeLessThan(0.05);
    expect(good.questions).toBeGreaterThan(190);
    expect(mostWaiting).toBeLessThan(100);
    expect(gaveUp.batches).toBe(0);
  });

  it('B1: piles up until its callers give up', async () => {
    const { shed, mostWaiting, gaveUp } = await flood(await started('B1'));
    expect(shed.batches).toBe(0);
    expect(mostWaiting).toBeGreaterThan(100);
    expect(gaveUp.batches).toBeGreaterThan(100);
  });

  it('B4: pushes questions out', async () => {
    const { shed } = await flood(await started('B4'));
    expect(shed.questions / (shed.questions + shed.batches)).toBeGreaterThan(0.05);
  });

  it('A8: is worked on for callers who have gone', async () => {
    const wasted = async (defect?: DefectId): Promise<number> => {
      const workload = await started(defect);
      workload.model.embedMs = 900;
      const callers = Array.from({ length: 30 }, () => call(workload, '/documents', 2000));
      await workload.clock.advance(60_000);
      await Promise.all(callers);
      return workload.model.calls.filter((one) => one.ended === 'answered' && (one.endedMs ?? 0) > 2100).length;
    };
    expect(await wasted()).toBe(0);
    expect(await wasted('A8')).toBeGreaterThan(10);
  });
});
