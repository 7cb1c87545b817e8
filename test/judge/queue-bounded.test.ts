import { describe, expect, it } from 'vitest';
import { queueBounded } from '../../harness/judge/index.ts';
import type { Sample } from '../../harness/record.ts';
import { evidence, faultMs, isSpreadBad, judge, sample, samples, shed, timeout } from './evidence.ts';

function verdict(seen: readonly Sample[], options: Partial<Parameters<typeof queueBounded>[0]> = {}) {
  return judge(queueBounded({ depthAtMost: { interactive: 20, batch: 10 }, ...options }), evidence({ samples: seen }));
}
/** 50 per second that take 200 ms each: ten at once. */
const calm = samples(1000, faultMs);
/** `count` requests that are outstanding together. */
const together = (count: number, changes: Partial<Sample> = {}): Sample[] =>
  Array.from({ length: count }, (_, index) => sample({ id: `t-${index}`, dueMs: 60_000, ...changes }));

describe('a bounded queue', () => {
  it('passes when few are outstanding and none grows old', () => {
    const found = verdict(calm);
    expect(found).toMatchObject({ outcome: 'pass', sampleCount: 1000 });
    expect(found.figures[0]).toEqual({
      name: 'interactive: most outstanding',
      value: 10,
      unit: 'requests',
      limit: 20,
    });
  });

  it('passes at the depth and fails just over it', () => {
    expect(verdict([...calm, ...together(20)]).outcome).toBe('pass');
    expect(verdict([...calm, ...together(21)]).outcome).toBe('fail');
  });

  it('judges each class by its own limits', () => {
    const batch = samples(1000, faultMs, () => ({ workClass: 'batch' }));
    expect(verdict([...calm, ...batch]).outcome).toBe('pass');
    expect(verdict([...calm, ...batch, ...together(11, { workClass: 'batch' })]).outcome).toBe('fail');
    expect(verdict(calm, { depthAtMost: { batch: 1 } }).outcome).toBe('pass');
  });

  it('fails on an accepted request that was older than its limit', () => {
    const old = sample({ dueMs: 60_000, latencyMs: 501 });
    expect(verdict([...calm, old], { ageAtMostMs: { interactive: 1002 } }).outcome).toBe('pass');
    const found = verdict([...calm, old], { ageAtMostMs: { interactive: 1001 } });
    expect(found.outcome).toBe('fail');
    expect(found.counterexamples).toEqual(['interactive request due at 60000 ms was answered after 1002 ms']);
  });

  it('fails when callers give up on more than one in a hundred, and is inconclusive in between', () => {
    const givenUp = (count: number) =>
      samples(1000, faultMs, (index) => (isSpreadBad(index, count, 1000) ? { outcome: timeout, doneMs: null } : {}));
    const deep = { depthAtMost: { interactive: 1000 } };
    expect(verdict(givenUp(2), deep).outcome).toBe('pass');
    expect(verdict(givenUp(10), deep).outcome).toBe('inconclusive');
    expect(verdict(givenUp(40), deep).outcome).toBe('fail');
  });

  it('does not take a refusal or an error for a caller that gave up', () => {
    const answered = samples(1000, faultMs, (index) =>
      index % 2 === 0 ? { outcome: shed, doneMs: faultMs.toMs } : { outcome: { kind: 'failed', code: 'HTTP 500' } },
    );
    expect(verdict(answered, { depthAtMost: {} }).outcome).toBe('pass');
  });

  it('does not look at the warm-up', () => {
    const cold = Array.from({ length: 50 }, () => sample({ dueMs: 1000 }));
    expect(verdict([...cold, ...calm]).outcome).toBe('pass');
  });

  it('is inconclusive with too few requests and with none', () => {
    expect(verdict(samples(298, faultMs)).outcome).toBe('inconclusive');
    expect(verdict(samples(299, faultMs)).outcome).toBe('pass');
    expect(verdict([]).outcome).toBe('inconclusive');
  });
});
