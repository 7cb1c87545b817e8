import { describe, expect, it } from 'vitest';
import {
  attemptsPerOperation,
  availability,
  batchGivesWay,
  checkObjectives,
  concurrencyWithin,
  correctness,
  drained,
  gapsGrowAndSpread,
  goodput,
  judges,
  noDuplicates,
  nothingLost,
  preemption,
  queueBounded,
  retryAmplification,
  timeToFirstToken,
  waitsForRetryAfter,
  wastedWork,
} from '../../harness/judge/index.ts';
import { evidence, judge } from './evidence.ts';

/** One of each kind, with no more than has to be said. */
const oneOfEach = [
  attemptsPerOperation({ at: 'crm' }),
  availability({ of: 'ask', atLeast: 0.99 }),
  batchGivesWay(),
  concurrencyWithin({ at: 'crm', atMost: 4 }),
  correctness({ of: 'ask' }),
  drained(),
  gapsGrowAndSpread({ at: 'crm' }),
  goodput({ of: 'ask', utilisation: 0.8 }),
  noDuplicates(),
  nothingLost(),
  preemption({ at: 'model' }),
  queueBounded({ depthAtMost: { interactive: 100 } }),
  retryAmplification({ at: 'crm', atMost: 1.2, during: ['quota-cut'] }),
  timeToFirstToken({ of: 'ask', atMostMs: 1500 }),
  waitsForRetryAfter({ at: 'crm' }),
  wastedWork({ at: 'model' }),
];

describe('objectives', () => {
  it('have one judge a kind, and one builder a judge', () => {
    expect(oneOfEach.map((spec) => spec.kind)).toEqual(judges.map((one) => one.kind));
    expect(checkObjectives(oneOfEach)).toEqual([]);
  });

  it('are plain data with a name of their own', () => {
    expect(JSON.parse(JSON.stringify(oneOfEach))).toEqual(oneOfEach);
    expect(new Set(oneOfEach.map((spec) => spec.name)).size).toBe(oneOfEach.length);
    expect(noDuplicates({ name: 'once-only' })).toMatchObject({ name: 'once-only', settings: {} });
    expect(retryAmplification({ at: 'crm', atMost: 1.2, during: ['quota-cut'] })).toEqual({
      name: 'retry-amplification',
      kind: 'retryAmplification',
      statement: 'There are at most 1.2 attempts per operation at crm during quota-cut, on average.',
      settings: { at: 'crm', atMost: 1.2, during: ['quota-cut'] },
    });
  });

  it.each(oneOfEach.map((spec) => [spec.kind, spec] as const))(
    'of the kind %s are inconclusive without any data',
    (_kind, spec) => {
      const empty = evidence({ ledger: { stored: null, deadLetters: null } });
      const found = judge(spec, empty);
      expect(found.outcome).toBe('inconclusive');
      expect(found.finding.length).toBeGreaterThan(20);
    },
  );
});

describe('checkObjectives', () => {
  it('lists every mistake, each with the name of its objective', () => {
    const problems = checkObjectives([
      availability({ of: '', atLeast: 99 }),
      { ...noDuplicates(), settings: { whatever: 1 } },
      { ...noDuplicates(), name: 'No Duplicates' },
      { ...noDuplicates(), kind: 'noDuplicate' },
      { ...retryAmplification({ at: 'crm', atMost: 0.5 }), name: 'raf' },
      { ...batchGivesWay(), settings: { during: 'lunch' } },
    ]);
    expect(problems).toHaveLength(7);
    expect(problems.filter((problem) => problem.startsWith('Objective "availability": '))).toHaveLength(2);
    expect(problems[2]).toContain('whatever');
    expect(problems[3]).toBe('Objective "No Duplicates": the name is not kebab-case.');
    expect(problems[4]).toContain('Did you mean "noDuplicates"?');
    expect(problems[5]).toMatch(/^Objective "raf": atMost: /);
    expect(problems[6]).toBe(
      `Objective "batch-gives-way": during: must be 'fault', 'baseline', 'recovery', 'run' or a list of names of faults`,
    );
  });
});
