import { describe, expect, it } from 'vitest';
import { attemptsPerOperation, retryAmplification } from '../../harness/judge/index.ts';
import type { Call } from '../../harness/record.ts';
import { call, evidence, judge } from './evidence.ts';

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
    expect(verdict([...attempts('x', 1), ...attempts('x', 1, { receivedMs: 41_000 })])).toMatchObject({
      outcome: 'pass',
      sampleCount: 2,
    });
  });

  it('takes the same thing in two traces for two operations', () => {
    const calls = [call({ traceId: 'a', outcome: 'failed' }), call({ traceId: 'b', outcome: 'failed' })];
    expect(verdict(calls).sampleCount).toBe(2);
  });

  it('looks at its window only, by when a call was received', () => {
    const outside = attempts('x', 9, { receivedMs: 60_000 });
    expect(verdict([...operations(5, 1), ...outside])).toMatchObject({ outcome: 'pass', sampleCount: 5 });
    expect(verdict([...operations(5, 1), ...outside], { during: 'recovery' }).outcome).toBe('fail');
    expect(verdict(operations(5, 1), { during: ['trouble'] }).outcome).toBe('pass');
  });

  it('counts the named operations only, and no polls', () => {
    const calls = [...operations(5, 1), ...operations(5, 3, 'page'), call({ operation: null })];
    expect(verdict(calls, { operationPrefix: 'ticket/' })).toMatchObject({ outcome: 'pass', sampleCount: 5 });
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

  it('is inconclusive without an operation', () => {
    expect(verdict([]).outcome).toBe('inconclusive');
  });
});
