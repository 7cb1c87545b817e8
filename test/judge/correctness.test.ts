import { describe, expect, it } from 'vitest';
import { availability, correctness } from '../../harness/judge/index.ts';
import type { Outcome, Sample } from '../../harness/record.ts';
import { baselineMs, evidence, faultMs, isSpreadBad, judge, samples, timeout } from './evidence.ts';

const degraded: Outcome = { kind: 'good', degraded: true };

function verdict(seen: readonly Sample[], options: Partial<Parameters<typeof correctness>[0]> = {}) {
  return judge(correctness({ of: 'ask', ...options }), evidence({ samples: seen }));
}
const withWrong = (wrong: number, count: number, window = faultMs): Sample[] =>
  samples(count, window, (index) => ({ correct: !isSpreadBad(index, wrong, count) }));
const withDegraded = (bad: number, count: number): Sample[] =>
  samples(count, faultMs, (index) => (isSpreadBad(index, bad, count) ? { outcome: degraded, correct: false } : {}));

describe('correctness', () => {
  it('passes when nearly all answers are correct, with its numbers', () => {
    const found = verdict(withWrong(50, 1000));
    expect(found).toMatchObject({ outcome: 'pass', hardInvariant: false, sampleCount: 1000 });
    expect(found.finding).toBe(
      '95 % of the answers to "ask" were correct during the faults, limit 90 % (n = 1000, 50 wrong); 0 % of all were degraded (n = 1000).',
    );
  });

  it('fails a target that is there all the time and always wrong, which availability passes', () => {
    const seen = withWrong(1000, 1000);
    expect(judge(availability({ of: 'ask', atLeast: 0.99 }), evidence({ samples: seen })).outcome).toBe('pass');
    const found = verdict(seen);
    expect(found.outcome).toBe('fail');
    expect(found.figures).toContainEqual({ name: 'wrong without saying so', value: 1000, unit: 'answers' });
    expect(found.counterexamples).toHaveLength(10);
    expect(found.counterexamples[0]).toContain('wrong, without saying so');
  });

  it('fails a target that always gives degraded answers', () => {
    const found = verdict(withDegraded(1000, 1000));
    expect(found.outcome).toBe('fail');
    expect(found.figures).toContainEqual({ name: 'degraded share', value: 1, unit: 'ratio' });
    expect(found.figures).toContainEqual({ name: 'wrong without saying so', value: 0, unit: 'answers' });
  });

  it('decides by the interval: inconclusive at the limit, fails well below it', () => {
    expect(verdict(withWrong(100, 1000)).outcome).toBe('inconclusive');
    expect(verdict(withWrong(130, 1000)).outcome).toBe('fail');
    expect(verdict(withWrong(0, 28)).outcome).toBe('inconclusive');
    expect(verdict(withWrong(0, 29)).outcome).toBe('pass');
  });

  it('gives degraded answers a budget of their own where one is set', () => {
    expect(verdict(withDegraded(200, 1000)).outcome).toBe('fail');
    expect(verdict(withDegraded(200, 1000), { degradedAtMost: 0.3 })).toMatchObject({ outcome: 'pass' });
    const over = verdict(withDegraded(200, 1000), { degradedAtMost: 0.1 });
    expect(over.outcome).toBe('fail');
    expect(over.figures).toContainEqual({ name: 'degraded share', value: 0.2, unit: 'ratio', limit: 0.1 });
    expect(verdict(withDegraded(1000, 1000), { degradedAtMost: 0.3 }).outcome).toBe('fail');
  });

  it('does not let a budget for degraded answers hide wrong ones that say nothing', () => {
    expect(verdict(withWrong(200, 1000), { degradedAtMost: 0.3 }).outcome).toBe('fail');
  });

  it('leaves out what was not answered, and what nobody could judge', () => {
    const half = samples(1000, faultMs, (index) => (index % 2 === 0 ? { outcome: timeout, correct: null } : {}));
    expect(verdict(half)).toMatchObject({ outcome: 'pass', sampleCount: 500 });
    const unknown = samples(1000, faultMs, (index) => (index % 2 === 0 ? { correct: null } : {}));
    const found = verdict(unknown);
    expect(found).toMatchObject({ outcome: 'pass', sampleCount: 500 });
    expect(found.figures).toContainEqual({ name: 'answers that could not be judged', value: 500, unit: 'answers' });
  });

  it('looks at its window only', () => {
    const seen = [...withWrong(1000, 1000, baselineMs), ...withWrong(0, 1000)];
    expect(verdict(seen).outcome).toBe('pass');
    expect(verdict(seen, { during: 'baseline' }).outcome).toBe('fail');
  });

  it('is inconclusive when no answer can be judged, none came, or nothing was due', () => {
    const found = verdict(samples(1000, faultMs, () => ({ correct: null })));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('the corpus has to say what is expected');
    expect(verdict(samples(100, faultMs, () => ({ outcome: timeout, correct: null }))).outcome).toBe('inconclusive');
    expect(verdict([]).outcome).toBe('inconclusive');
  });
});
