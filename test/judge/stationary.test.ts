import { describe, expect, it } from 'vitest';
import { unsteadyBaseline } from '../../harness/judge/stationary.ts';
import { invalidReasons } from '../../harness/judge/validity.ts';
import type { Sample } from '../../harness/record.ts';
import { baselineMs, evidence, isSpreadBad, samples, timeout } from './evidence.ts';

const middleMs = (baselineMs.fromMs + baselineMs.toMs) / 2;

/** 1,500 questions whose latency spreads evenly from 20 to 40 ms, times `factor` in the second half. */
function baseline(factor: number): Sample[] {
  return samples(1500, baselineMs, (index) => ({
    latencyMs: (10 + ((index * 7) % 100) / 10) * (index >= 750 ? factor : 1),
  }));
}
function reasons(given: readonly Sample[], pace: 'quick' | 'full' = 'full'): readonly string[] {
  return unsteadyBaseline(evidence({ samples: given, plan: { pace } }));
}

describe('the baseline at pace full', () => {
  it('is steady when both halves are alike', () => {
    expect(reasons(baseline(1))).toEqual([]);
  });

  it('is unstable when its second half is half as slow again, with the figures, and makes the run invalid', () => {
    const slower = baseline(1.5);
    expect(reasons(slower)).toEqual([
      'The baseline was unstable: of "ask", p50 of the latency went from 29.8 ms to 45.0 ms from its first half to its second.',
      'The baseline was unstable: of "ask", p99 of the latency went from 39.6 ms to 59.7 ms from its first half to its second.',
    ]);
    expect(invalidReasons(evidence({ samples: slower, plan: { pace: 'full' } }), [])).toContain(reasons(slower)[0]);
  });

  it('is steady when the difference is sure and too small to matter', () => {
    expect(reasons(baseline(1.2))).toEqual([]);
  });

  it('is unstable when errors begin in its second half', () => {
    const failing = samples(1500, baselineMs, (index) =>
      index >= 750 && isSpreadBad(index, 60, 1500) ? { outcome: timeout } : {},
    );
    expect(reasons(failing).join()).toContain('the bad share went from 0 % to 4 %');
  });

  it('is not compared where one half has no samples, nor at pace quick', () => {
    expect(reasons(baseline(1.5).filter((sample) => sample.dueMs < middleMs))).toEqual([]);
    expect(reasons(baseline(1.5), 'quick')).toEqual([]);
  });

  it('is not called unstable by few samples', () => {
    expect(reasons(samples(8, baselineMs, (index) => ({ latencyMs: index < 4 ? 10 : 20 })))).toEqual([]);
  });
});
