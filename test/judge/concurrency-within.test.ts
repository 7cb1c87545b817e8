import { describe, expect, it } from 'vitest';
import { concurrencyWithin } from '../../harness/judge/index.ts';
import type { Call } from '../../harness/record.ts';
import { call, evidence, judge } from './evidence.ts';

const open = (receivedMs: number, endedMs: number | null, operation: string | null = 'ticket/1'): Call =>
  call({ receivedMs, endedMs, operation });

function verdict(...calls: Call[]) {
  return judge(concurrencyWithin({ at: 'crm', atMost: 2 }), evidence({ calls }));
}

describe('concurrency within its limit', () => {
  it('passes at the limit and fails just over it', () => {
    expect(verdict(open(0, 100), open(10, 100))).toMatchObject({ outcome: 'pass', hardInvariant: true });
    expect(verdict(open(0, 100), open(10, 100), open(20, 100))).toMatchObject({
      outcome: 'fail',
      finding: 'At most 3 calls were open at crm at once, limit 2 (n = 3).',
      counterexamples: ['3 open calls at 20 ms'],
    });
  });

  it('lets a call begin when another ends, and just before its end is written down', () => {
    expect(verdict(open(0, 100), open(0, 100), open(100, 200), open(92, 200)).outcome).toBe('pass');
    expect(verdict(open(0, 100), open(0, 100), open(85, 200)).outcome).toBe('fail');
  });

  it('still sees short calls that overlap', () => {
    expect(verdict(open(0, 4), open(0, 4), open(0, 4)).outcome).toBe('fail');
  });

  it('does not know whether anybody still waits for a call that never ended', () => {
    const found = verdict(open(0, null), open(0, null), open(50_000, 50_100));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('At most 3 calls were open at crm at once, limit 2');
    expect(found.finding).toContain('2 of them never ended');
    expect(verdict(open(0, null), open(0, 100), open(0, 100), open(0, 100)).outcome).toBe('fail');
  });

  it('does not count polls', () => {
    expect(verdict(open(0, 100), open(0, 100), open(0, 100, null)).outcome).toBe('pass');
  });

  it('is inconclusive without a call', () => {
    expect(verdict().outcome).toBe('inconclusive');
    expect(verdict(open(0, 100, null)).outcome).toBe('inconclusive');
  });
});
