import { describe, expect, it } from 'vitest';
import { availability, correctness, goodput, queueBounded, timeToFirstToken } from '../../harness/judge/index.ts';
import type { ObjectiveSpec } from '../../harness/judge/types.ts';
import { baselineMs, evidence, faultMs, judge, recoveryMs, samples } from './evidence.ts';

/** A flawless run at a share of 50 questions per second. */
const flawless = (rate: number) =>
  evidence({
    samples: [baselineMs, faultMs, recoveryMs].flatMap((window) =>
      samples((rate * 50 * (window.toMs - window.fromMs)) / 1000, window),
    ),
    plan: rate === 1 ? {} : { rate },
  });

const objectives: readonly (readonly [ObjectiveSpec, number])[] = [
  [availability({ of: 'ask', atLeast: 0.99 }), 0.1],
  [correctness({ of: 'ask', atLeast: 0.9 }), 0.02],
  [timeToFirstToken({ of: 'ask', atMostMs: 1500 }), 0.05],
  [queueBounded({ depthAtMost: { interactive: 250 } }), 0.05],
  [goodput({ of: 'ask', utilisation: 5 }), 0.18],
];

describe.each(objectives)('of a load that is scaled down, $name', (objective, rate) => {
  it('is inconclusive, not a pass, where too few samples are left, though not one of them was bad', () => {
    expect(judge(objective, flawless(1)).outcome).toBe('pass');
    const few = judge(objective, flawless(rate));
    expect(few.outcome, few.finding).toBe('inconclusive');
    expect(few.finding).toMatch(/A pass needs about \d+|at least 10 are needed/);
  });
});

describe('a metastable state', () => {
  it('is looked for in vain where the scaled load keeps the target idle: that decides nothing', () => {
    const seen = judge(goodput({ of: 'ask', utilisation: 0.8 }), flawless(0.5));
    expect(seen.outcome).toBe('inconclusive');
    expect(seen.finding).toContain("At 0.5 of the scenario's rate the utilisation is 0.4, which cannot show");
  });

  it('cannot be shown by a scenario that keeps the target idle by itself, at whatever rate', () => {
    expect(judge(goodput({ of: 'ask', utilisation: 0.5 }), flawless(1)).outcome).toBe('invalid');
    expect(judge(goodput({ of: 'ask', utilisation: 0.5 }), flawless(0.5)).outcome).toBe('invalid');
  });
});
