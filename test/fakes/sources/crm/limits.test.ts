import { describe, expect, it } from 'vitest';
import { fromStart, startedCrm, type CrmOnVirtualTime } from './crm-on-virtual-time.ts';

const path = '/api/v2/tickets/1001/comments';

/** Calls until one is refused, and gives that answer back. */
async function refused(crm: CrmOnVirtualTime, of = path): Promise<Response> {
  for (let n = 0; n < 10_000; n++) {
    const response = await crm.get(of);
    if (response.status === 429) return response;
  }
  throw new Error('Nothing was refused.');
}

async function waitAsTold(crm: CrmOnVirtualTime, response: Response): Promise<void> {
  const told = response.headers.get('retry-after') ?? '';
  await crm.clock.advance(/^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - crm.clock.now());
}

describe('the limits of the CRM', () => {
  it('let three seconds of the quota through at once, then answer 429 as Zendesk does', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    const response = await refused(crm);
    const journal = await crm.journal();
    expect(journal.filter(({ outcome }) => outcome === 'ok')).toHaveLength(120);
    expect(await response.json()).toEqual({
      error: 'APIRateLimitExceeded',
      description: 'Number of allowed API requests per minute exceeded',
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'retry-after': '1',
      'x-rate-limit': '2400',
      'x-rate-limit-remaining': '0',
      'ratelimit-limit': '2400',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '3',
    });
    expect(journal.at(-1)).toMatchObject({ status: 429, outcome: 'throttled', retryAfterMs: 1000, fault: null });
  });

  it('count down what remains', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    expect((await crm.get(path)).headers.get('x-rate-limit-remaining')).toBe('119');
    expect((await crm.get(path)).headers.get('x-rate-limit-remaining')).toBe('118');
  });

  it('keep looking for news apart from fetching records', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await refused(crm);
    expect((await crm.get(fromStart)).status).toBe(200);
    const poll = await refused(crm, fromStart);
    expect(await poll.json()).toMatchObject({
      description: 'Number of allowed incremental ticket export API requests per minute exceeded',
    });
    expect(
      (await crm.journal()).filter(({ operation, outcome }) => operation === null && outcome === 'ok'),
    ).toHaveLength(15);
  });

  it('refuse one call more than they work on at the same time, and let it in when one has left', async () => {
    const crm = await startedCrm({ concurrency: 3 });
    const statuses = (await Promise.all(Array.from({ length: 5 }, () => crm.get(path)))).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await crm.get(path)).status).toBe(200);
    expect((await crm.journal()).map(({ figures }) => figures['inFlight'])).toEqual([1, 2, 3, 3, 3, 1]);
  });

  it('let in whoever waits as long as it was told, in seconds or until a date', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await crm.inject('cut', 'quota', {
      perSecond: 0.7,
      retryAfterForms: ['seconds', 'http-date'],
      formEveryMs: 60_000,
    });
    const forms = new Set<string>();
    for (let turn = 0; turn < 40; turn++) {
      const response = await refused(crm);
      forms.add(/GMT/.test(response.headers.get('retry-after') ?? '') ? 'date' : 'seconds');
      await waitAsTold(crm, response);
      expect((await crm.get(path)).status).toBe(200);
      await crm.clock.advance(731);
    }
    expect([...forms]).toEqual(['seconds', 'date']);
  });

  it('refuse whoever comes a second too soon', async () => {
    const crm = await startedCrm({ latencyMs: 0 });
    await crm.inject('cut', 'quota', { perSecond: 0.3, retryAfterForms: ['seconds'] });
    const response = await refused(crm);
    expect(response.headers.get('retry-after')).toBe('4');
    await crm.clock.advance(3000);
    expect((await crm.get(path)).status).toBe(429);
  });
});
