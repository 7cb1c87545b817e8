import { describe, expect, it } from 'vitest';
import { waitsForRetryAfter } from '../../harness/judge/index.ts';
import type { Call } from '../../harness/record.ts';
import { call, evidence, judge } from './evidence.ts';

/** Answered at 40,010 ms: wait for 3 s. */
const throttled = call({ receivedMs: 40_000, status: 429, outcome: 'throttled', retryAfterMs: 3000 });

function verdict(...calls: Call[]) {
  const numbered = calls.map((one, index) => ({ ...one, number: index + 1 }));
  return judge(waitsForRetryAfter({ at: 'crm' }), evidence({ calls: numbered }));
}

describe('waits for Retry-After', () => {
  it('passes when the next attempt comes in time, to within 50 ms', () => {
    expect(verdict(throttled, call({ receivedMs: 43_010 })).outcome).toBe('pass');
    expect(verdict(throttled, call({ receivedMs: 42_960 })).outcome).toBe('pass');
  });

  it('fails on an attempt that comes just too early', () => {
    const found = verdict(throttled, call({ receivedMs: 42_959, operation: 'ticket/9' }));
    expect(found).toMatchObject({ outcome: 'fail', hardInvariant: true, sampleCount: 1 });
    expect(found.counterexamples).toEqual([
      'call 2 (ticket/9) came 2949 ms after call 1 was answered 429, to wait 3000 ms',
    ]);
  });

  it('leaves out calls that were in flight when the answer was given', () => {
    const other = { operation: 'ticket/2', traceId: 'b' };
    expect(
      verdict(throttled, call({ receivedMs: 40_005, ...other }), call({ receivedMs: 40_259, ...other })).outcome,
    ).toBe('pass');
    expect(verdict(throttled, call({ receivedMs: 40_260, ...other })).outcome).toBe('fail');
  });

  it('never takes a retry of the refused call for one that was in flight', () => {
    const traced = { ...throttled, traceId: 'a' };
    expect(verdict(traced, call({ receivedMs: 40_011, traceId: 'a' })).outcome).toBe('fail');
  });

  it('does not take the same request of another worker for a retry where neither has a trace', () => {
    expect(verdict(throttled, call({ receivedMs: 40_011, traceId: null })).outcome).toBe('pass');
    expect(verdict(throttled, call({ receivedMs: 40_300, traceId: null })).outcome).toBe('fail');
  });

  it('is not fooled by a stream of refusals, each of which makes the next attempt look as if it had been in flight', () => {
    const storm = Array.from({ length: 20 }, (_, index) =>
      call({
        ...throttled,
        receivedMs: 40_100 + 100 * index,
        operation: `ticket/${index + 2}`,
        traceId: String(index),
      }),
    );
    expect(verdict(throttled, ...storm).counterexamples.length).toBeGreaterThan(5);
  });

  it('counts an early attempt at another operation, of another caller', () => {
    expect(verdict(throttled, call({ receivedMs: 41_000, operation: 'ticket/2', traceId: 'b' })).outcome).toBe('fail');
  });

  it('goes by the hint that reaches furthest', () => {
    const short = call({ receivedMs: 40_020, status: 503, outcome: 'unavailable', retryAfterMs: 100 });
    const found = verdict(throttled, short, call({ receivedMs: 41_000 }));
    expect(found.outcome).toBe('fail');
    expect(found.counterexamples[0]).toContain('after call 1');
  });

  it('does not count polls, or calls at another part', () => {
    const poll = call({ receivedMs: 41_000, operation: null });
    expect(verdict(throttled, poll, call({ receivedMs: 41_000, part: 'wiki' })).outcome).toBe('pass');
  });

  it('takes a hint on a poll for a hint all the same', () => {
    expect(verdict({ ...throttled, operation: null }, call({ receivedMs: 41_000 })).outcome).toBe('fail');
  });

  it('holds a refusal against the limit that it is about, where a part has several', () => {
    const poll = { operation: null, path: '/export', limit: 'polls' };
    const record = { limit: 'records' };
    expect(verdict({ ...throttled, ...poll }, call({ receivedMs: 41_000, ...record })).outcome).toBe('pass');
    expect(verdict({ ...throttled, ...record }, call({ receivedMs: 41_000, ...poll })).outcome).toBe('pass');
    expect(verdict({ ...throttled, ...record }, call({ receivedMs: 41_000, ...record })).outcome).toBe('fail');
  });

  it('counts a poll that comes before the time that a refused poll was told to wait', () => {
    const poll = { operation: null, path: '/export', limit: 'polls' };
    const found = verdict({ ...throttled, ...poll }, call({ receivedMs: 41_000, ...poll }));
    expect(found.outcome).toBe('fail');
    expect(found.counterexamples[0]).toContain('call 2 (a poll) came 990 ms after call 1');
    expect(verdict({ ...throttled, ...poll }, call({ receivedMs: 43_010, ...poll })).outcome).toBe('pass');
  });

  it('takes a 503 for the word of the whole part', () => {
    const down = { ...throttled, status: 503, outcome: 'unavailable' as const, operation: null, limit: 'polls' };
    expect(verdict(down, call({ receivedMs: 41_000, limit: 'records' })).outcome).toBe('fail');
  });

  it('puts the earliest first and shows ten at most', () => {
    const early = Array.from({ length: 20 }, (_, index) => call({ receivedMs: 42_000 - index * 50 }));
    const found = verdict(throttled, ...early);
    expect(found.finding).toContain('20 attempts came early');
    expect(found.counterexamples).toHaveLength(10);
    expect(found.counterexamples[0]).toContain('came 1040 ms after');
  });

  it('is inconclusive when nobody was told to wait', () => {
    expect(verdict(call()).outcome).toBe('inconclusive');
    expect(verdict(call({ status: 429, outcome: 'throttled' })).outcome).toBe('inconclusive');
    expect(verdict().outcome).toBe('inconclusive');
  });
});
