import { describe, expect, it } from 'vitest';
import { attemptsPerOperation, retryAmplification } from '../../harness/judge/index.ts';
import type { Call } from '../../harness/record.ts';
import { call, evidence, judge, sample } from './evidence.ts';

/** Attempts at one operation, 100 ms apart, all failed but the last. */
function attempts(operation: string, count: number, changes: Partial<Call> = {}): Call[] {
  return Array.from({ length: count }, (_, index) =>
    call({
      operation,
      receivedMs: (changes.receivedMs ?? 40_000) + index * 100,
      outcome: index === count - 1 ? 'ok' : 'unavailable',
      status: index === count - 1 ? 200 : 503,
      ...(changes.traceId === undefined ? {} : { traceId: changes.traceId }),
    }),
  );
}
const operations = (count: number, tries: number, prefix = 'ticket'): Call[] =>
  Array.from({ length: count }, (_, index) => attempts(`${prefix}/${index}`, tries)).flat();

describe('retry amplification', () => {
  const verdict = (calls: Call[], options: Partial<Parameters<typeof retryAmplification>[0]> = {}) =>
    judge(retryAmplification({ at: 'crm', atMost: 1.2, ...options }), evidence({ calls }));

  it('passes at the limit and fails just over it', () => {
    expect(verdict([...operations(8, 1, 'a'), ...operations(2, 2, 'b')])).toMatchObject({
      outcome: 'pass',
      sampleCount: 10,
      finding: 'There were 1.2 attempts per operation at crm during the faults, limit 1.2 (12 attempts, n = 10).',
    });
    expect(verdict([...operations(7, 1, 'a'), ...operations(3, 2, 'b')]).outcome).toBe('fail');
  });

  it('takes the same thing asked for after a success for a new operation', () => {
    const again = attempts('x', 1, { receivedMs: 41_000 });
    expect(verdict([...operations(4, 1), ...attempts('x', 1), ...again])).toMatchObject({
      outcome: 'pass',
      sampleCount: 6,
    });
  });

  it('takes the same thing in two traces for two operations', () => {
    const calls = [call({ traceId: 'a', outcome: 'failed' }), call({ traceId: 'b', outcome: 'failed' })];
    expect(verdict(calls).sampleCount).toBe(2);
  });

  it('is inconclusive when failed calls came again under other traces and nobody can tell why', () => {
    const calls = Array.from({ length: 10 }, (_, index) => [
      call({ path: `/${index}`, operation: `t/${index}`, traceId: `a${index}`, outcome: 'unavailable', status: 503 }),
      call({ path: `/${index}`, operation: `t/${index}`, traceId: `b${index}`, receivedMs: 46_000 }),
    ]).flat();
    const found = verdict(calls);
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('It may have been 2. After 10 failed calls at crm the same request came again');
    expect(found.finding).toContain('the target must send the same "traceparent" with every attempt at an operation');
  });

  it.each([
    ['a fresh trace for every attempt', (attempt: number): string | null => `trace-${attempt}`],
    ['no trace at all', (): string | null => null],
  ])('sees retries with %s, by the same request soon after a failure', (_, traceOf) => {
    const calls = operations(10, 3).map((one, index) => ({ ...one, traceId: traceOf(index) }));
    expect(verdict(calls)).toMatchObject({ outcome: 'fail', sampleCount: 10 });
  });

  it('trusts the traces of the load, and a target that keeps one over its attempts', () => {
    const again = [0, 1, 2, 3, 4].flatMap((_, index) => attempts('x', 1, { receivedMs: 40_000 + index * 100 }));
    const failing = again.map((one, index): Call => ({ ...one, traceId: `q${index}`, outcome: 'failed' }));
    const asked = failing.map((one) => sample({ id: one.traceId ?? '' }));
    expect(verdict([...failing, ...operations(4, 1)]).outcome).toBe('fail');
    const found = judge(retryAmplification({ at: 'crm', atMost: 1.2 }), evidence({ calls: failing, samples: asked }));
    expect(found).toMatchObject({ outcome: 'pass', sampleCount: 5 });
    const keeping = Array.from({ length: 4 }, (_, index) => attempts(`y${index}`, 2, { traceId: `k${index}` })).flat();
    expect(verdict([...keeping, ...failing], { atMost: 3 })).toMatchObject({ outcome: 'pass', sampleCount: 5 });
  });

  it('does not blame a target without traces whose requests are the same all the time', () => {
    const same = Array.from({ length: 100 }, (_, index) =>
      call({ receivedMs: 40_000 + index * 90, outcome: index % 4 === 0 ? 'failed' : 'ok' }),
    );
    const found = verdict(same);
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('no trace says whether as another attempt');
  });

  it('looks at its window only, by when a call was received', () => {
    const outside = attempts('x', 9, { receivedMs: 60_000 });
    expect(verdict([...operations(5, 1), ...outside])).toMatchObject({ outcome: 'pass', sampleCount: 5 });
    expect(
      verdict([...operations(5, 1), ...outside, ...operations(4, 1).map((one) => ({ ...one, receivedMs: 60_000 }))], {
        during: 'recovery',
      }).outcome,
    ).toBe('fail');
    expect(verdict(operations(5, 1), { during: ['trouble'] }).outcome).toBe('pass');
  });

  it('counts the named operations only, and no polls', () => {
    const calls = [...operations(5, 1), ...operations(5, 3, 'page'), call({ operation: null })];
    expect(verdict(calls, { operationPrefix: 'ticket/' })).toMatchObject({ outcome: 'pass', sampleCount: 5 });
  });

  it.each([
    [1, 1],
    [4, 30],
  ])('makes no average of %i operations', (count, tries) => {
    const found = verdict(operations(count, tries));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('At least 5 operations are needed.');
  });

  it('is inconclusive without an operation', () => {
    expect(verdict([]).outcome).toBe('inconclusive');
    expect(verdict([call({ operation: null }), call({ part: 'wiki' })]).outcome).toBe('inconclusive');
    expect(verdict(operations(5, 1), { during: ['no-such-fault'] }).outcome).toBe('inconclusive');
  });
});

describe('attempts per operation', () => {
  const verdict = (calls: Call[], atMost?: number) =>
    judge(attemptsPerOperation({ at: 'crm', ...(atMost === undefined ? {} : { atMost }) }), evidence({ calls }));

  it('passes at three attempts and fails at four', () => {
    expect(verdict(operations(4, 3))).toMatchObject({ outcome: 'pass', hardInvariant: true, sampleCount: 4 });
    expect(verdict([...operations(4, 3), ...attempts('x', 4)])).toMatchObject({
      outcome: 'fail',
      counterexamples: ['x: 4 attempts from 40000 ms on'],
    });
    expect(verdict(operations(1, 4), 4).outcome).toBe('pass');
  });

  it('counts an operation that never succeeds', () => {
    const failing = attempts('x', 5).map((one) => ({ ...one, outcome: 'failed' as const }));
    expect(verdict(failing).outcome).toBe('fail');
  });

  it('counts attempts with a fresh trace each, and is inconclusive when they come too late to be sure', () => {
    const fresh = (gapMs: number): Call[] =>
      attempts('x', 4).map((one, index) => {
        const receivedMs = 31_000 + index * gapMs;
        return { ...one, traceId: `t${index}`, receivedMs, endedMs: receivedMs + 10 };
      });
    expect(verdict(fresh(1000)).outcome).toBe('fail');
    const found = verdict(fresh(6000));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('They may have been 4.');
  });

  it('is inconclusive without an operation', () => {
    expect(verdict([]).outcome).toBe('inconclusive');
  });
});
