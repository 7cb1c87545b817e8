import { describe, expect, it } from 'vitest';
import { preemption } from '../../harness/judge/index.ts';
import type { Call } from '../../harness/record.ts';
import { call, evidence, isSpreadBad, judge } from './evidence.ts';

interface Course {
  readonly count?: number;
  readonly preempted?: number;
  readonly slow?: number;
  readonly slowMs?: number;
}

function finished({ count = 1000, preempted = 0, slow = 0, slowMs = 100 }: Course): Call[] {
  return Array.from({ length: count }, (_, index) =>
    call({
      part: 'model',
      receivedMs: 30_000 + (index * 20_000) / count,
      figures: {
        outputTokens: 32,
        preemptions: isSpreadBad(index, preempted, count) ? 2 : 0,
        timePerOutputTokenMs: isSpreadBad(index, slow, count) ? slowMs : 10,
      },
    }),
  );
}
function verdict(course: Course, calls = finished(course)) {
  return judge(preemption({ at: 'model' }), evidence({ calls }));
}

describe('preemption', () => {
  it('passes when little is preempted and tokens come evenly', () => {
    expect(verdict({ preempted: 3, slow: 2 })).toMatchObject({ outcome: 'pass', sampleCount: 1000 });
  });

  it('passes at a ratio of three and fails over it', () => {
    expect(verdict({ slow: 50, slowMs: 30 }).outcome).toBe('pass');
    const found = verdict({ slow: 50, slowMs: 31 });
    expect(found.outcome).toBe('fail');
    expect(found.finding).toContain('p99 is 3.1 x p50, limit 3 x (n = 1000)');
  });

  it('fails when much is preempted, and is inconclusive at the limit', () => {
    expect(verdict({ preempted: 50 }).outcome).toBe('fail');
    expect(verdict({ preempted: 10 }).outcome).toBe('inconclusive');
  });

  it('asks how evenly tokens come without answers that were asked for as the fault ended and outlasted it, and says how many', () => {
    const asked = (fromMs: number, tookMs: number) => {
      const answer = call({
        ...{ part: 'model', receivedMs: fromMs, endedMs: fromMs + tookMs },
        figures: { outputTokens: 32, preemptions: 0, timePerOutputTokenMs: 100 },
      });
      return verdict({}, [...finished({}), ...Array.from({ length: 50 }, () => answer)]);
    };
    // The fault is from 30,000 to 50,000: its last fiftieth begins at 49,600.
    expect([asked(49_600, 401).outcome, asked(49_600, 400).outcome]).toEqual(['pass', 'fail']);
    expect(asked(49_599, 5000).outcome).toBe('fail');
    expect(asked(49_600, 401).finding).toContain('(n = 1000, without 50 that began as the window ended)');
    expect(asked(49_599, 401).finding).toContain('(n = 1050)');
  });

  it('fails when answers stand still in the second half of a fault, however long beyond it they take', () => {
    const stalled = Array.from({ length: 300 }, () =>
      call({
        ...{ part: 'model', receivedMs: 41_600, endedMs: 58_600 },
        figures: { outputTokens: 32, preemptions: 0, timePerOutputTokenMs: 530 },
      }),
    );
    expect(verdict({}, [...finished({}), ...stalled]).outcome).toBe('fail');
  });

  it('is inconclusive with one call too few for a bound on p99', () => {
    expect(verdict({ count: 299 }).outcome).toBe('pass');
    const found = verdict({ count: 298 });
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('A pass needs about 299');
  });

  it('is inconclusive when no call says anything, or none was finished', () => {
    expect(verdict({}, [call({ part: 'model' })]).outcome).toBe('inconclusive');
    expect(
      verdict(
        {},
        finished({}).map((one) => ({ ...one, outcome: 'aborted' as const })),
      ).outcome,
    ).toBe('inconclusive');
    expect(verdict({}, []).outcome).toBe('inconclusive');
  });
});
