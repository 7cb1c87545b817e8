import { describe, expect, it } from 'vitest';
import { checkFaults } from '../../harness/faults/index.ts';
import { narrowLink } from '../../harness/faults/narrow-link.ts';
import { injectIntoPart } from '../../harness/faults/part-fault.ts';
import { resetConnections } from '../../harness/faults/reset-connections.ts';
import { slowLink } from '../../harness/faults/slow-link.ts';
import { throttle } from '../../harness/faults/throttle.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { FaultAccess } from '../../harness/world/types.ts';

const receipt = { activeFromMs: 0, activeToMs: 100, ended: 'healed', seen: 1, altered: 1, figures: {} };

function injected(answer: () => Promise<unknown>) {
  const admin = (method: string): Promise<unknown> => (method === 'PUT' ? Promise.resolve({}) : answer());
  const access = { clock: new VirtualClock(), part: () => ({ name: 'crm', admin }) } as unknown as FaultAccess;
  const spec = throttle({ part: 'crm', toPerSecond: 4, retryAfter: ['seconds'] });
  return injectIntoPart(spec, access, { kind: 'quota', settings: {}, leaseMs: 5000 });
}

describe('healing a fault in a part', () => {
  it('asks once, whoever heals, and again after an answer that was lost', async () => {
    let asked = 0;
    const fault = await injected(() => (++asked === 1 ? Promise.reject(new Error('lost')) : Promise.resolve(receipt)));
    await expect(fault.heal()).rejects.toThrow('lost');
    expect(await Promise.all([fault.heal(), fault.heal()])).toHaveLength(2);
    expect(asked).toBe(2);
  });

  it('does not take a part at its word that says the fault is still active', async () => {
    const fault = await injected(() => Promise.resolve({ ...receipt, activeToMs: null, ended: null }));
    await expect(fault.heal()).rejects.toThrow('is still active after its heal');
  });
});

describe('the settings of a link fault', () => {
  it.each([
    ['a rate that is no whole number', narrowLink({ part: 'crm', kilobytesPerSecond: 0.5 })],
    ['a latency that is none', slowLink({ part: 'crm', latencyMs: 12.5 })],
    ['a latency of days', slowLink({ part: 'crm', latencyMs: 1e9 })],
    ['a moment in days', resetConnections({ part: 'crm', afterMs: 1e9 })],
  ])('are refused at the door: %s', (_, fault) => {
    expect(checkFaults([fault], ['crm'])).toHaveLength(1);
  });
});
