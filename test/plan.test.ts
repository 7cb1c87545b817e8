import { describe, expect, it } from 'vitest';
import { loadSchedules, makePlan } from '../harness/plan.ts';
import { gpuSaturation } from '../scenarios/gpu-saturation.ts';
import { sourceThrottling } from '../scenarios/source-throttling.ts';

describe('the plan', () => {
  it('is the same for the same seed, and has other arrivals for another', () => {
    const plan = (seed: number): unknown => makePlan(sourceThrottling, { seed, pace: 'quick' });
    expect(plan(7)).toEqual(plan(7));
    const times = (seed: number): unknown =>
      loadSchedules(sourceThrottling, makePlan(sourceThrottling, { seed, pace: 'quick' }))[0]?.timesMs;
    expect(times(7)).toEqual(times(7));
    expect(times(7)).not.toEqual(times(8));
  });

  it('goes through warm-up, baseline, the faults one after another, and recovery, without gaps', () => {
    const { phases, durationMs } = makePlan(sourceThrottling, { seed: 1, pace: 'quick' });
    expect(phases.map((phase) => phase.name)).toEqual(['warm-up', 'baseline', 'quota-cut', 'outage', 'recovery']);
    expect(phases.map((phase) => phase.startMs)).toEqual([0, ...phases.slice(0, -1).map((phase) => phase.endMs)]);
    expect(phases.at(-1)?.endMs).toBe(durationMs);
  });

  it('expects the backlog to drain in D (λ - μ_f) / (μ - λ), and gives recovery twice that', () => {
    const { expectedDrainMs, phases } = makePlan(sourceThrottling, { seed: 1, pace: 'quick' });
    expect(expectedDrainMs).toBe((20_000 * (20 - 4) + 10_000 * 20) / (40 - 20));
    const recovery = phases.at(-1);
    expect((recovery?.endMs ?? 0) - (recovery?.startMs ?? 0)).toBe(52_000);
  });

  it.each([sourceThrottling, gpuSaturation])(
    'stays below two minutes at quick pace and puts 1,000 questions into each judged window of $name',
    (scenario) => {
      const plan = makePlan(scenario, { seed: 1, pace: 'quick' });
      expect(plan.durationMs).toBeLessThan(118_000);
      const questions = loadSchedules(scenario, plan)[0]?.timesMs ?? [];
      const count = (fromMs: number, toMs: number): number =>
        questions.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
      const faults = plan.phases.filter((phase) => phase.kind === 'fault');
      const baseline = plan.phases.find((phase) => phase.kind === 'baseline');
      // Poisson: 1,000 are expected in 20 s, with a deviation of 32.
      expect(count(baseline?.startMs ?? 0, baseline?.endMs ?? 0)).toBeGreaterThan(900);
      expect(count(faults[0]?.startMs ?? 0, faults.at(-1)?.endMs ?? 0)).toBeGreaterThan(1000);
    },
  );

  it('floods with batch work while the neighbour is there, and goes back to the same load for the recovery', () => {
    const plan = makePlan(gpuSaturation, { seed: 1, pace: 'quick' });
    const batch = loadSchedules(gpuSaturation, plan)[1]?.timesMs ?? [];
    const rate = (name: string): number => {
      const phase = plan.phases.find((entry) => entry.name === name);
      const count = batch.filter((atMs) => atMs >= (phase?.startMs ?? 0) && atMs < (phase?.endMs ?? 0)).length;
      return count / (((phase?.endMs ?? 0) - (phase?.startMs ?? 0)) / 1000);
    };
    expect(rate('baseline')).toBeCloseTo(34, -1);
    expect(rate('noisy-neighbour')).toBeGreaterThan(60);
    expect(rate('recovery')).toBeLessThan(42);
  });
});
