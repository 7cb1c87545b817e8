import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createJournal, traceIdOf } from '../../../fakes/part/journal.ts';
import { createPartFaults, partFault } from '../../../fakes/part/part-faults.ts';
import { createPartAdmin, withAdmin } from '../../../fakes/part/part-handler.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';

const arrival = { method: 'GET', path: '/x', operation: 'ticket/1', traceparent: null };

describe('the journal of a part', () => {
  it('counts attempts until one succeeds, then begins anew', () => {
    const journal = createJournal('crm', new VirtualClock());
    for (const outcome of ['throttled', 'throttled', 'ok', 'throttled'] as const)
      journal.begin(arrival).end({ status: 200, outcome });
    expect(journal.page(0, false).calls.map((call) => call.attempt)).toEqual([1, 2, 3, 1]);
  });

  it('keeps the attempts of different traces apart', () => {
    const journal = createJournal('crm', new VirtualClock());
    const trace = (digit: string): string => `00-${digit.repeat(32)}-${'1'.repeat(16)}-01`;
    journal.begin({ ...arrival, traceparent: trace('a') }).end({ status: 503, outcome: 'unavailable' });
    journal.begin({ ...arrival, traceparent: trace('b') }).end({ status: 503, outcome: 'unavailable' });
    expect(journal.page(0, false).calls.map(({ traceId, attempt }) => [traceId?.[0], attempt])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('hands out ended calls in the order of their ends, and open ones when asked', () => {
    const journal = createJournal('crm', new VirtualClock());
    const slow = journal.begin(arrival);
    journal.begin(arrival).end({ status: 200, outcome: 'ok' });
    expect(journal.page(0, false)).toMatchObject({ calls: [{ number: 2 }], next: 1 });
    expect(journal.page(1, true)).toMatchObject({ calls: [{ number: 1, endedMs: null }], next: 1 });
    slow.end({ status: 200, outcome: 'ok' });
    slow.end({ status: 500, outcome: 'failed' });
    expect(journal.page(1, true)).toMatchObject({ calls: [{ number: 1, status: 200 }], next: 2 });
  });

  it('reads the trace id of a well-formed traceparent only', () => {
    expect(traceIdOf(`00-${'c'.repeat(32)}-${'1'.repeat(16)}-01`)).toBe('c'.repeat(32));
    expect([null, '', '00-xyz-1-01', `00-${'c'.repeat(31)}-${'1'.repeat(16)}-01`].map(traceIdOf)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('the faults of a part', () => {
  it('end by themselves when nobody renews the lease, and the receipt says so', async () => {
    const { clock, faults, isOn } = dimmer();
    faults.inject('dim', { kind: 'dim', settings: { by: 2 }, leaseMs: 5000 });
    await clock.advance(4000);
    faults.renew(5000);
    await clock.advance(4999);
    expect(isOn()).toBe(true);
    await clock.advance(1);
    expect(isOn()).toBe(false);
    expect(faults.receipts()).toMatchObject([
      { id: 'dim', activeFromMs: 0, activeToMs: 9000, ended: 'lease lapsed', altered: 2 },
    ]);
  });

  it('heal once, and healing again gives the same receipt', async () => {
    const { clock, faults } = dimmer();
    faults.inject('dim', { kind: 'dim', settings: { by: 1 }, leaseMs: 5000 });
    await clock.advance(100);
    const first = faults.heal('dim');
    await clock.advance(100);
    expect(faults.heal('dim')).toEqual(first);
    expect(first).toMatchObject({ activeToMs: 100, ended: 'healed' });
  });

  it('give the receipt of the last injection where one id was used twice', async () => {
    const { clock, faults } = dimmer();
    faults.inject('dim', { kind: 'dim', settings: { by: 1 }, leaseMs: 5000 });
    await clock.advance(100);
    faults.heal('dim');
    faults.inject('dim', { kind: 'dim', settings: { by: 1 }, leaseMs: 5000 });
    await clock.advance(6000);
    expect(faults.heal('dim')).toMatchObject({ activeFromMs: 100, activeToMs: 5100, ended: 'lease lapsed' });
  });

  it('refuse what they do not know, and wrong settings', () => {
    const { faults } = dimmer();
    expect(faults.inject('x', { kind: 'explode', settings: {}, leaseMs: 1 })).toMatchObject({
      kind: 'rejected',
      problems: [expect.stringContaining('This part can do: dim')],
    });
    expect(faults.inject('x', { kind: 'dim', settings: { by: 'much' }, leaseMs: 1 })).toMatchObject({
      kind: 'rejected',
    });
    expect(faults.receipts()).toEqual([]);
  });
});

describe('the admin API of a part', () => {
  it('injects, renews, heals and shows the journal', async () => {
    const { clock, faults } = dimmer();
    const admin = createPartAdmin({ journal: createJournal('lamp', clock), faults, state: () => ({ items: [] }) });
    const part = withAdmin({ fetch: () => new Response('the part itself') }, admin);
    const call = async (method: string, path: string, body?: unknown): Promise<unknown> =>
      (
        await part.fetch(
          new Request(`http://lamp/_gameday${path}`, {
            method,
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          }),
        )
      ).json();
    expect(await call('PUT', '/faults/dim', { kind: 'dim', settings: { by: 1 }, leaseMs: 5000 })).toEqual({});
    expect(await call('POST', '/renew', { leaseMs: 5000 })).toEqual({ active: ['dim'] });
    expect(await call('DELETE', '/faults/dim')).toMatchObject({ id: 'dim', ended: 'healed' });
    expect(await call('GET', '/journal?after=0')).toEqual({ calls: [], next: 0 });
    expect(await call('PUT', '/faults/dim', { kind: 'nope', settings: {}, leaseMs: 5000 })).toMatchObject({
      problems: [expect.stringContaining('nope')],
    });
    expect(await (await part.fetch(new Request('http://lamp/x'))).text()).toBe('the part itself');
  });
});

function dimmer(): { clock: VirtualClock; faults: ReturnType<typeof createPartFaults>; isOn: () => boolean } {
  const clock = new VirtualClock();
  let on = false;
  const dim = partFault({
    settings: z.object({ by: z.number() }),
    apply: ({ by }, counter) => {
      on = true;
      counter.altered = by;
      return () => (on = false);
    },
  });
  return { clock, faults: createPartFaults({ dim }, clock), isOn: () => on };
}
