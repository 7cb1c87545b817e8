import { setupServer } from 'msw/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crmHandlers } from '../../../../fakes/sources/crm/msw.ts';
import { fromStart, startedCrm } from './crm-on-virtual-time.ts';

const origin = 'https://example.zendesk.com';
const crm = await startedCrm({ latencyMs: 0 });
const server = setupServer(...crmHandlers(crm.part, origin));

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(() => server.close());

describe('the CRM as MSW handlers', () => {
  it('answers a plain fetch in this process, without a socket', async () => {
    const response = await crm.clock.run(fetch(origin + fromStart, { headers: { authorization: 'Bearer x' } }));
    expect(await response.json()).toMatchObject({ after_url: expect.stringContaining(origin) as unknown });
  });

  it('is as strict as on a port', async () => {
    expect((await fetch(`${origin}/api/v2/macros`)).status).toBe(404);
  });
});
