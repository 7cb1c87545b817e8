import { describe, expect, it } from 'vitest';
import { gapsGrowAndSpread } from '../../harness/judge/index.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import type { Call } from '../../harness/record.ts';
import { call, evidence, judge } from './evidence.ts';

/** One operation whose retries come after these gaps. */
function retried(operation: string, gapsMs: readonly number[], retryAfterMs: number | null = null): Call[] {
  let receivedMs = 35_000;
  return [0, ...gapsMs].map((gapMs, index) => {
    receivedMs += index === 0 ? 0 : 10 + gapMs;
    return call({ operation, receivedMs, endedMs: receivedMs + 10, outcome: 'unavailable', status: 503, retryAfterMs });
  });
}

/** Twenty operations with two retries each; `gapMs` of the first (1) and of the second (2). */
function verdict(gapMs: (retry: number) => number, count = 20, retryAfterMs: number | null = null) {
  const calls = Array.from({ length: count }, (_, index) =>
    retried(`ticket/${index}`, [gapMs(1), gapMs(2)], retryAfterMs),
  ).flat();
  return judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls }));
}

describe('gaps that grow and spread', () => {
  const random = seededRandom('gaps');

  it('passes for exponential backoff with jitter', () => {
    expect(verdict((retry) => 500 * 2 ** (retry - 1) * (0.5 + random.next()))).toMatchObject({
      outcome: 'pass',
      sampleCount: 40,
    });
  });

  it('does not fail for full jitter, whose median is just at the limit', () => {
    for (let run = 0; run < 50; run++) {
      expect(verdict((retry) => 500 * 2 ** (retry - 1) * random.next()).outcome).not.toBe('fail');
    }
  });

  it('is inconclusive, not a pass, when many retries may have been missed', () => {
    const sure = Array.from({ length: 20 }, (_, index) =>
      retried(`ticket/${index}`, [500 * (0.5 + random.next()), 1000 * (0.5 + random.next())]),
    ).flat();
    const late = Array.from({ length: 10 }, (_, index) => retried(`late/${index}`, [8000])).flat();
    expect(judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls: sure })).outcome).toBe('pass');
    const found = judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls: [...sure, ...late] }));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('the target must send the same "traceparent"');
  });

  it('fails for retries at once', () => {
    const found = verdict(() => 5 * random.next());
    expect(found.outcome).toBe('fail');
    expect(found.finding).toContain('Median gap before retry 1');
  });

  it('fails for gaps that do not grow', () => {
    expect(verdict(() => 300 * (0.5 + random.next())).outcome).toBe('fail');
  });

  it('fails for gaps in step', () => {
    const found = verdict((retry) => 500 * 2 ** (retry - 1));
    expect(found.outcome).toBe('fail');
    expect(found.finding).toContain('variation 0 (at least 0.25)');
  });

  it('passes for gaps that are the same where an even pace keeps retries apart, as a client has that sends one request at a time', () => {
    const paced = Array.from({ length: 20 }, (_, index) =>
      retried(`ticket/${index}`, [1650, 4050]).map((one) => ({
        ...one,
        receivedMs: one.receivedMs + index * 276,
        endedMs: (one.endedMs ?? 0) + index * 276,
      })),
    ).flat();
    expect(judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls: paced }))).toMatchObject({ outcome: 'pass' });
  });

  it('is inconclusive with one gap too few, and judges with just enough', () => {
    const single = (count: number) => {
      const calls = Array.from({ length: count }, (_, index) => retried(`t/${index}`, [0])).flat();
      return judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls }));
    };
    expect(single(7)).toMatchObject({ outcome: 'inconclusive', sampleCount: 7 });
    expect(single(8).outcome).toBe('fail');
    expect(single(0).outcome).toBe('inconclusive');
  });

  /** Polls of one trace after these gaps, all refused. */
  const polled = (trace: string, gapsMs: readonly number[], path = '/changes'): Call[] =>
    retried(trace, gapsMs).map((one) => ({ ...one, operation: null, traceId: trace, path }));

  /** The same call so much later. */
  const later =
    (byMs: number) =>
    (one: Call): Call => ({ ...one, receivedMs: one.receivedMs + byMs, endedMs: (one.endedMs ?? 0) + byMs });

  it('counts polls that are retried in a trace of their own, so that an outage between two records is judged, too', () => {
    const gap = (retry: number): number => 500 * 2 ** (retry - 1) * (0.5 + random.next());
    const sound = Array.from({ length: 10 }, (_, index) =>
      polled(`trace ${index}`, [gap(1), gap(2)]).map(later(index * 5000)),
    ).flat();
    // The last of them may go on after the end of the run.
    expect(judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls: sound }))).toMatchObject({
      ...{ outcome: 'pass', sampleCount: 18 },
    });
    const hasty = Array.from({ length: 10 }, (_, index) =>
      polled(`trace ${index}`, [20, 20]).map(later(index * 5000)),
    ).flat();
    expect(judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls: hasty })).outcome).toBe('fail');
  });

  it('says nothing about polls at the pace of the target: with a trace each, in one trace for all, of other things, or in none', () => {
    const polls = polled(
      'trace',
      Array.from({ length: 20 }, () => 100),
    );
    const others = {
      'a trace each': polls.map((one, index) => ({ ...one, traceId: `trace ${index}` })),
      'one trace for all of an outage that lasts to the end': polls,
      'one trace that went on after a success': polls.map((one, index) =>
        index === 0 ? { ...one, outcome: 'ok' as const, status: 200 } : one,
      ),
      'other things': polls.map((one, index) => ({ ...one, path: `/changes?page=${index}` })),
      'no trace': polls.map((one) => ({ ...one, traceId: null })),
    };
    for (const [what, calls] of Object.entries(others))
      expect(judge(gapsGrowAndSpread({ at: 'crm' }), evidence({ calls })), what).toMatchObject({
        ...{ outcome: 'inconclusive', sampleCount: 0 },
      });
  });

  it('leaves out gaps after a Retry-After: their length was asked for', () => {
    expect(verdict(() => 0, 20, 1000)).toMatchObject({ outcome: 'inconclusive', sampleCount: 0 });
  });
});
