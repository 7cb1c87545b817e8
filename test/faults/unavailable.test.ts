import { expect, it } from 'vitest';
import { checkFaults } from '../../harness/faults/index.ts';
import { unavailable, unavailableInjector } from '../../harness/faults/unavailable.ts';
import type { FaultAccess } from '../../harness/world/types.ts';
import { crmOnVirtualTime } from '../fakes/sources/crm/crm-on-virtual-time.ts';

async function outage(more: { status?: number; retryAfterSeconds?: number }) {
  const crm = await crmOnVirtualTime();
  const access: FaultAccess = {
    clock: crm.clock,
    part: (name) => ({ name, admin: async (...call) => (await crm.admin(...call)).json() }),
    link: () => expect.unreachable('a fault of the part has nothing to do with its link'),
  };
  const spec = unavailable({ part: 'crm', ...more });
  expect(checkFaults([spec], ['crm'])).toEqual([]);
  const active = await unavailableInjector.inject(spec, access, 5000);
  const { status, headers } = await crm.get('/anything');
  return { spec, status, retryAfter: headers.get('retry-after'), effect: await active.heal() };
}

it('answers 503 without a word about when to come back, unless told otherwise', async () => {
  const { spec, status, retryAfter, effect } = await outage({});
  expect([status, retryAfter, spec.summary]).toEqual([503, null, 'crm answers 503 to everything']);
  expect(effect).toMatchObject({ seen: 1, altered: 1, ended: 'healed' });
});

it.each([0, 7])('says in each answer to come back after %i s', async (retryAfterSeconds) => {
  const { spec, status, retryAfter } = await outage({ status: 500, retryAfterSeconds });
  expect([status, retryAfter]).toEqual([500, String(retryAfterSeconds)]);
  expect(spec.summary).toBe(`crm answers 500 to everything; Retry-After ${retryAfterSeconds} s`);
});

it.each([-1, 1.5])('refuses a Retry-After of %d s, which the header cannot say', (retryAfterSeconds) => {
  const problems = checkFaults([unavailable({ part: 'crm', retryAfterSeconds })], ['crm']);
  expect(problems).toEqual([expect.stringMatching(/^Fault "unavailable": retryAfterSeconds: /)]);
});
