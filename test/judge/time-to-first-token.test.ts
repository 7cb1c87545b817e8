import { describe, expect, it } from 'vitest';
import { timeToFirstToken } from '../../harness/judge/index.ts';
import type { Sample } from '../../harness/record.ts';
import { evidence, faultMs, isSpreadBad, judge, samples, shed, timeout } from './evidence.ts';

const promise = { of: 'ask', atMostMs: 1500 };
function verdict(seen: readonly Sample[], options: Partial<Parameters<typeof timeToFirstToken>[0]> = {}) {
  return judge(timeToFirstToken({ ...promise, ...options }), evidence({ samples: seen }));
}
const withSlow = (slow: number, count: number, change: Parameters<typeof samples>[2] = () => ({ latencyMs: 3000 })) =>
  samples(count, faultMs, (index) => (isSpreadBad(index, slow, count) ? change(index) : { latencyMs: 1500 }));

describe('time to first token', () => {
  it('passes when all come just at the limit', () => {
    expect(verdict(withSlow(0, 1000))).toMatchObject({ outcome: 'pass', sampleCount: 1000 });
  });

  it('fails with its numbers when one in five is over it', () => {
    expect(verdict(withSlow(200, 1000))).toMatchObject({
      outcome: 'fail',
      finding: 'p95 of time to first token was 3000 ms, limit 1500 ms (n = 1000, 0 shed).',
    });
  });

  it('is inconclusive when just over or just under one in twenty is too slow', () => {
    expect(verdict(withSlow(50, 1000)).outcome).toBe('inconclusive');
    expect(verdict(withSlow(60, 1000)).outcome).toBe('inconclusive');
    expect(verdict(withSlow(30, 1000)).outcome).toBe('pass');
    expect(verdict(withSlow(75, 1000)).outcome).toBe('fail');
  });

  it('counts one that was never answered as infinitely slow', () => {
    const found = verdict(withSlow(200, 1000, () => ({ outcome: timeout })));
    expect(found).toMatchObject({ outcome: 'fail' });
    expect(found.finding).toContain('was never, limit 1500 ms');
    expect(found.figures[0]).toEqual({ name: 'time to first token p95', value: null, unit: 'ms', limit: 1500 });
  });

  it('counts from when a request was due, not from when it was sent', () => {
    const late = samples(1000, faultMs, () => ({ latencyMs: 1600 })).map((one) => ({
      ...one,
      sentMs: one.dueMs + 1500,
    }));
    expect(verdict(late).outcome).toBe('fail');
  });

  it('leaves refused ones out and says how many there were', () => {
    const found = verdict(withSlow(500, 1000, () => ({ outcome: shed })));
    expect(found).toMatchObject({ outcome: 'pass', sampleCount: 500 });
    expect(found.finding).toContain('500 shed');
  });

  it('is inconclusive with 58, where 59 would do, and says so', () => {
    expect(verdict(withSlow(0, 59)).outcome).toBe('pass');
    const found = verdict(withSlow(0, 58));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('A pass needs about 59: 20.3 s at 2.9 per second.');
    expect(verdict(withSlow(0, 298), { quantile: 0.99 }).outcome).toBe('inconclusive');
    expect(verdict(withSlow(0, 299), { quantile: 0.99 }).outcome).toBe('pass');
  });

  it('is inconclusive when nothing was due or everything was refused, and fails when none was answered', () => {
    expect(verdict([]).outcome).toBe('inconclusive');
    expect(verdict(samples(100, faultMs, () => ({ outcome: shed }))).outcome).toBe('inconclusive');
    expect(verdict(samples(100, faultMs, () => ({ outcome: timeout }))).outcome).toBe('fail');
  });

  it('does not fail for one slow second', () => {
    const seen = samples(1000, faultMs, (index) => ({ latencyMs: index >= 500 && index < 550 ? 3000 : 200 }));
    expect(verdict(seen).outcome).not.toBe('fail');
  });
});
