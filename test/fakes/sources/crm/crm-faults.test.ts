import { describe, expect, it } from 'vitest';
import { fromStart, startedCrm, type CrmOnVirtualTime } from './crm-on-virtual-time.ts';

const path = '/api/v2/tickets/1001/comments';
const forms = ['seconds', 'http-date', 'none'];

async function callFor(crm: CrmOnVirtualTime, durationMs: number): Promise<number> {
  const untilMs = crm.clock.now() + durationMs;
  let good = 0;
  while (crm.clock.now() < untilMs) {
    if ((await crm.get(path)).status === 200) good += 1;
    await crm.clock.advance(20);
  }
  return good;
}

describe('a cut quota', () => {
  it('lets its rate through, then all of the old rate again when it has healed', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await crm.inject('cut', 'quota', { perSecond: 4, retryAfterForms: forms, formEveryMs: 5000 });
    const during = await callFor(crm, 20_000);
    expect(during).toBeGreaterThanOrEqual(91); // 3 s · 4/s held + 20 s · 4/s
    expect(during).toBeLessThanOrEqual(92);
    await crm.admin('DELETE', '/faults/cut');
    expect(await callFor(crm, 10_000)).toBeGreaterThanOrEqual(399);
  });

  it('says how long to wait in one form after another, and the last one stays', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await crm.inject('cut', 'quota', { perSecond: 4, retryAfterForms: forms, formEveryMs: 10_000 });
    await callFor(crm, 50_000);
    const calls = (await crm.journal()).filter(({ outcome }) => outcome === 'throttled');
    const first = calls[0]?.receivedMs ?? 0;
    const fromMs = (await crm.receipts())[0]?.activeFromMs ?? 0;
    expect(first).toBeGreaterThan(fromMs);
    const formOf = (waitMs: number | null): string =>
      waitMs === null ? 'none' : Number.isInteger(waitMs) ? 'seconds' : 'http-date';
    for (const call of calls) {
      const turn = Math.min(Math.floor((call.receivedMs - fromMs) / 10_000), 2);
      expect(formOf(call.retryAfterMs)).toBe(forms[turn]);
    }
  });

  it('keeps an account of what it saw, what it refused and how', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await callFor(crm, 1000);
    const before = (await crm.journal()).length;
    await crm.inject('cut', 'quota', { perSecond: 4, retryAfterForms: forms, formEveryMs: 4000 });
    await callFor(crm, 15_000);
    await crm.get(fromStart);
    const receipt = (await (await crm.admin('DELETE', '/faults/cut')).json()) as {
      seen: number;
      altered: number;
      figures: Record<string, number>;
    };
    const records = (await crm.journal()).slice(before).filter(({ operation }) => operation !== null);
    const throttled = records.filter(({ outcome, fault }) => outcome === 'throttled' && fault === 'cut');
    expect(receipt).toMatchObject({ seen: records.length, altered: throttled.length });
    expect(throttled.length).toBeGreaterThan(500);
    const { seconds = 0, httpDate = 0, none = 0 } = receipt.figures;
    expect(receipt.figures['throttled']).toBe(throttled.length);
    expect(seconds + httpDate + none).toBe(throttled.length);
    expect(Math.min(seconds, httpDate, none)).toBeGreaterThan(0);
  });

  it('ends by itself when nobody renews its lease, and not while somebody does', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await crm.inject('cut', 'quota', { perSecond: 4, retryAfterForms: ['none'], formEveryMs: null }, 5000);
    await crm.clock.advance(4000);
    await crm.admin('POST', '/renew', { leaseMs: 5000 });
    await crm.clock.advance(4000);
    expect((await crm.receipts())[0]).toMatchObject({ ended: null });
    await crm.clock.advance(1001);
    expect((await crm.receipts())[0]).toMatchObject({ ended: 'lease lapsed', altered: 0 });
    await crm.clock.advance(3000);
    expect((await crm.get(path)).headers.get('x-rate-limit')).toBe('2400');
  });

  it('is refused with every mistake named', async () => {
    const crm = await startedCrm();
    const response = await crm.inject('cut', 'quota', { perSecond: 0, retryAfterForms: [] });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { problems: string[] }).problems).toHaveLength(2);
    expect((await crm.inject('x', 'earthquake', {})).status).toBe(400);
  });
});

describe('an outage', () => {
  it('answers its status to every call, and counts them', async () => {
    const crm = await startedCrm();
    await crm.inject('out', 'unavailable', { status: 503, retryAfterSeconds: 7 });
    const answers = [await crm.get(path), await crm.get(fromStart), await crm.get('/nowhere')];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers[0]?.headers.get('retry-after')).toBe('7');
    expect(await (await crm.admin('DELETE', '/faults/out')).json()).toMatchObject({ seen: 3, altered: 3 });
    expect((await crm.get(path)).status).toBe(200);
    expect(await crm.journal()).toMatchObject([
      { outcome: 'unavailable', fault: 'out', retryAfterMs: 7000 },
      { outcome: 'unavailable', fault: 'out', operation: null },
      { outcome: 'unavailable', fault: 'out' },
      { outcome: 'ok', fault: null },
    ]);
  });

  it('says nothing about when to come back unless told to', async () => {
    const crm = await startedCrm();
    await crm.inject('out', 'unavailable', {});
    expect((await crm.get(path)).headers.has('retry-after')).toBe(false);
    expect((await crm.journal())[0]).toMatchObject({ status: 503, retryAfterMs: null });
  });

  it('costs no quota', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await crm.inject('out', 'unavailable', {});
    for (let n = 0; n < 200; n++) await crm.get(path);
    await crm.admin('DELETE', '/faults/out');
    expect((await crm.get(path)).headers.get('x-rate-limit-remaining')).toBe('119');
  });
});

describe('slowness', () => {
  it('adds to the time of every call, and counts them', async () => {
    const crm = await startedCrm();
    await crm.inject('slow', 'slow', { addMs: 400 });
    const before = crm.clock.now();
    await crm.get(path);
    expect(crm.clock.now() - before).toBe(415);
    expect(await (await crm.admin('DELETE', '/faults/slow')).json()).toMatchObject({ seen: 1, altered: 1 });
    expect((await crm.journal())[0]).toMatchObject({ outcome: 'ok', fault: 'slow' });
  });
});
