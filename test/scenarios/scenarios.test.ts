import { describe, expect, it } from 'vitest';
import { failedObjectives, runScenario } from './run-gameday.ts';

/** One scenario takes up to two minutes of real time; nothing here is retried. */
const limitMs = 240_000;

describe.each([
  { scenario: 'source-throttling', defect: 'C3', caughtBy: 'nothing-lost' },
  { scenario: 'gpu-saturation', defect: 'B4', caughtBy: 'batch-gives-way' },
])('$scenario', ({ scenario, defect, caughtBy }) => {
  it('passes on the workload without a defect', { timeout: limitMs }, async () => {
    const { code, output, run } = await runScenario(scenario, { seed: 7 });
    expect(run.record.verdict.outcome, output).toBe('pass');
    expect(code).toBe(0);
  });

  it(`fails by ${caughtBy} on the workload with the defect ${defect}`, { timeout: limitMs }, async () => {
    const { code, output, run } = await runScenario(scenario, { seed: 7, defect });
    expect(failedObjectives(run), output).toContain(caughtBy);
    expect(code).toBe(1);
  });
});
