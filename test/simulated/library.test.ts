import { describe, expect, it } from 'vitest';
import { failedObjectives, runScenario } from '../scenarios/run-gameday.ts';

/** Two minutes of virtual time take some twenty seconds, and longer where two tests share the cores. */
const limitMs = 180_000;

describe.each([
  { scenario: 'source-throttling', defect: 'C3', caughtBy: 'nothing-lost' },
  { scenario: 'gpu-saturation', defect: 'B4', caughtBy: 'batch-gives-way' },
])('$scenario in the simulated world', ({ scenario, defect, caughtBy }) => {
  it('passes on the workload without a defect', { timeout: limitMs }, async () => {
    const { code, output, run } = await runScenario(scenario, { seed: 7, world: 'simulated' });
    expect(run.record.verdict.outcome, output).toBe('pass');
    expect(run.record.run.world).toBe('simulated');
    expect(run.record.notes).toEqual([]);
    // As many as in real time, and everything that goes with them.
    expect(run.samples.length).toBeGreaterThan(5000);
    expect(run.calls.filter((call) => call.outcome === 'unexpected')).toEqual([]);
    expect(run.record.telemetry.some((series) => series.source === 'target' && series.points.length > 60)).toBe(true);
    expect(code).toBe(0);
  });

  it(`fails by ${caughtBy} on the workload with the defect ${defect}`, { timeout: limitMs }, async () => {
    const { code, output, run } = await runScenario(scenario, { seed: 7, defect, world: 'simulated' });
    expect(failedObjectives(run), output).toContain(caughtBy);
    expect(code).toBe(1);
  });
});
