import { describe, expect, it } from 'vitest';
import { checkLibrary, checkScenario } from '../harness/check-scenario.ts';
import { coverage } from '../harness/coverage.ts';
import { checkConfig } from '../harness/load-target.ts';
import { availability, retryAmplification, throttle, type Scenario } from '../harness/index.ts';
import { library } from '../scenarios/index.ts';
import { sourceThrottling } from '../scenarios/source-throttling.ts';

describe('a scenario', () => {
  it('of the library has no mistakes', () => {
    expect(checkLibrary(library)).toEqual([]);
  });

  it('with several mistakes has all of them listed, in its author’s words', () => {
    const wrong: Scenario = {
      ...sourceThrottling,
      name: 'Source Throttling',
      promise: ' ',
      covers: ['S3', 'S99'],
      load: [
        { ...sourceThrottling.load[0], deadlineMs: 0 } as never,
        { kind: 'follow', operation: 'follow', part: 'crn', feedPerSecond: 20, capacityPerSecond: 40 },
      ],
      faults: [
        throttle({ part: 'crm', toPerSecond: 4, retryAfter: ['seconds'] }),
        { ...throttle({ part: 'wiki', toPerSecond: -1, retryAfter: ['seconds'] }) },
      ],
      objectives: [
        retryAmplification({ at: 'cmr', atMost: 1.2, during: ['quota-cutt'] }),
        availability({ of: 'ask', atLeast: 0.99, during: 'fault' }),
        availability({ of: 'ask', atLeast: 2, during: 'fault' }),
      ],
    };
    const problems = checkScenario(wrong);
    for (const expected of [
      'The name "Source Throttling" is not kebab-case.',
      '"promise" is empty',
      'S99, which is no row',
      'deadlineMs',
      'follows "crn", which is no part of the world. Did you mean "crm"?',
      'there is no part "wiki"',
      'Two faults are called "quota-cut"',
      'toPerSecond',
      'looks at "cmr", which is no part of the world. Did you mean "crm"?',
      'looks at the time of "quota-cutt", which is no fault or phase. Did you mean "quota-cut"?',
      'Two objectives are called "availability"',
      'atLeast',
    ]) {
      expect(problems.join('\n')).toContain(expected);
    }
  });

  it('without what a scenario has is named with all that is missing, not taken for a defect of gameday', () => {
    const problems = checkLibrary([{ name: 'half' } as unknown as Scenario, {} as unknown as Scenario]);
    for (const missing of ['promise', 'world', 'load', 'faults', 'objectives'])
      expect(problems.join('\n')).toContain(`half: "${missing}"`);
    expect(problems.join('\n')).toContain('a scenario without a name: "name"');
  });

  it('with rates that are none is refused', () => {
    const profile = { kind: 'ramp', fromPerSecond: -1, toPerSecond: NaN } as const;
    const load = { kind: 'requests', operation: 'ask', workClass: 'interactive', profile, deadlineMs: 1000 } as const;
    const problems = checkScenario({ ...sourceThrottling, load: [load] });
    expect(problems.filter((problem) => problem.includes('PerSecond'))).toHaveLength(2);
  });

  it('may not have the name of another one', () => {
    expect(checkLibrary([...library, sourceThrottling])).toEqual([
      'Two scenarios are called "source-throttling". Please rename one of them.',
    ]);
  });

  it('covers rows of the matrix; rows without one show as open', () => {
    const matrix = coverage(library);
    expect(matrix).toHaveLength(24);
    expect(matrix.find((row) => row.id === 'S3')?.scenarios).toEqual(['source-throttling']);
    expect(matrix.find((row) => row.id === 'S24')?.scenarios).toEqual([]);
  });
});

describe('a config', () => {
  const good = {
    name: 'mine',
    start: { kind: 'command', command: ['node', 'server.js'] },
    ready: { path: '/health' },
    operations: { ask: { request: () => 1, read: () => 1 } },
  };

  it('without mistakes is taken', () => {
    expect(checkConfig(good)).toEqual([]);
  });

  it('with several mistakes has all of them listed, misspelt settings with a suggestion', () => {
    const problems = checkConfig({
      ...good,
      name: '',
      ready: { path: 'health', withinMS: 5 },
      operations: { aks: {}, ask: { request: 'x', read: () => 1 } },
      opreations: {},
    });
    for (const expected of [
      'name:',
      'ready.path',
      'ready.withinMS: there is no such setting. Did you mean "withinMs"?',
      'operations.aks: there is no such setting. Did you mean "ask"?',
      'operations.ask.request: must be a function',
      'opreations: there is no such setting. Did you mean "operations"?',
    ]) {
      expect(problems.join('\n')).toContain(expected);
    }
  });
});
