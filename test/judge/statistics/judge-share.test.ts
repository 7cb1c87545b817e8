import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeShare } from '../../../harness/judge/statistics/judge-share.ts';
import { seededRandom, type Random } from '../../../harness/kit/random.ts';

/** How the verdicts on `runs` runs of a service with this true bad share are spread, under a budget of 1 %. */
function verdicts(random: Random, service: { badShare: number; count: number; runs: number }): Record<string, number> {
  const seen: Record<string, number> = { pass: 0, fail: 0, inconclusive: 0 };
  for (let run = 0; run < service.runs; run++) {
    let bad = 0;
    for (let index = 0; index < service.count; index++) if (random.next() < service.badShare) bad += 1;
    const { outcome } = judgeShare({ bad, count: service.count, budget: 0.01 });
    seen[outcome] = (seen[outcome] ?? 0) + 1 / service.runs;
  }
  return seen;
}

describe('a share against its budget', () => {
  it('is inconclusive when nothing was seen', () => {
    expect(judgeShare({ bad: 0, count: 0, budget: 0.01 }).outcome).toBe('inconclusive');
  });

  it('passes without a bad one from 299 events on, and not with 298', () => {
    expect(judgeShare({ bad: 0, count: 299, budget: 0.01 }).outcome).toBe('pass');
    expect(judgeShare({ bad: 0, count: 298, budget: 0.01 })).toMatchObject({
      outcome: 'inconclusive',
      neededCount: 299,
    });
  });

  it('does not fail on one bad event, however small the budget', () => {
    expect(judgeShare({ bad: 1, count: 1, budget: 0.01 }).outcome).toBe('inconclusive');
    expect(judgeShare({ bad: 1, count: 1000, budget: 0.0001 }).outcome).toBe('inconclusive');
  });

  it('is inconclusive exactly at the budget, and names no number that would help', () => {
    expect(judgeShare({ bad: 10, count: 1000, budget: 0.01 })).toMatchObject({
      outcome: 'inconclusive',
      neededCount: null,
    });
  });

  it('says how many events at this share would do', () => {
    const { outcome, neededCount } = judgeShare({ bad: 4, count: 800, budget: 0.01 });
    expect(outcome).toBe('inconclusive');
    const needed = neededCount ?? 0;
    expect(needed).toBeGreaterThan(800);
    expect(judgeShare({ bad: 0.005 * needed, count: needed, budget: 0.01 }).outcome).toBe('pass');
    expect(judgeShare({ bad: 0.005 * (needed - 1), count: needed - 1, budget: 0.01 }).outcome).toBe('inconclusive');
  });

  it('is less sure when its events hang together', () => {
    expect(judgeShare({ bad: 25, count: 1000, budget: 0.01 }).outcome).toBe('fail');
    expect(judgeShare({ bad: 25, count: 1000, budget: 0.01, effectiveFraction: 0.1 }).outcome).toBe('inconclusive');
  });

  it('never goes from fail to pass when more is bad, nor from pass to fail when less is', () => {
    const counts = fc.integer({ min: 1, max: 3000 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        bad: fc.integer({ min: 0, max: count - 1 }),
        budget: fc.constantFrom(0.001, 0.01, 0.05, 0.2),
        effectiveFraction: fc.constantFrom(1, 0.5, 0.1),
      }),
    );
    const rank = { pass: 0, inconclusive: 1, fail: 2 };
    fc.assert(
      fc.property(counts, (events) => {
        const less = judgeShare(events);
        const more = judgeShare({ ...events, bad: events.bad + 1 });
        expect(rank[more.outcome]).toBeGreaterThanOrEqual(rank[less.outcome]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('by simulation, 1,000 to 3,000 requests against a budget of 1 %', () => {
  const random = seededRandom('judge-share');

  it.each([0.002, 0.004, 0.006])('never fails a healthy service that is bad in %f', (badShare) => {
    for (const count of [1000, 3000]) {
      const seen = verdicts(random, { badShare, count, runs: 300 });
      expect(seen['fail']).toBeLessThanOrEqual(0.005);
    }
  });

  it('fails a service that is just at its budget in about 1 % of runs', () => {
    expect(verdicts(random, { badShare: 0.01, count: 1000, runs: 1000 })['fail']).toBeLessThanOrEqual(0.025);
  });

  it('catches twice the budget mostly, and never passes it', () => {
    const seen = verdicts(random, { badShare: 0.02, count: 1200, runs: 300 });
    expect(seen['fail']).toBeGreaterThan(0.7);
    expect(seen['pass']).toBe(0);
    expect(verdicts(random, { badShare: 0.02, count: 3000, runs: 200 })['fail']).toBeGreaterThan(0.97);
  });

  it('catches five times the budget always', () => {
    expect(verdicts(random, { badShare: 0.05, count: 1000, runs: 300 })['fail']).toBeCloseTo(1, 10);
  });

  it('passes a service at a fifth of its budget nearly always', () => {
    expect(verdicts(random, { badShare: 0.002, count: 1000, runs: 300 })['pass']).toBeGreaterThan(0.9);
  });
});
