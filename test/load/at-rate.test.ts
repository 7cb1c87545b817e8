import { describe, expect, it } from 'vitest';
import { loadAtRate, rateProblem } from '../../harness/load/at-rate.ts';
import { ask } from '../../harness/load/loads.ts';
import { loadSchedules, makePlan } from '../../harness/plan.ts';
import { gpuSaturation } from '../../scenarios/gpu-saturation.ts';
import { sourceThrottling } from '../../scenarios/source-throttling.ts';

const plan = (scenario: typeof gpuSaturation, rate?: number) => makePlan(scenario, { seed: 1, pace: 'quick', rate });

describe('a load at a rate', () => {
  it('has every rate of every profile scaled, and nothing else', () => {
    const deadlineMs = 700;
    const loads = [
      ask({ ratePerSecond: 50, deadlineMs }),
      ask({ profile: { kind: 'constant', ratePerSecond: 10 } }),
      ask({ profile: { kind: 'flood', ratePerSecond: 30, floodPerSecond: 70, duringFaults: ['x'] } }),
      ask({ profile: { kind: 'steps', steps: [{ fromMs: 5, ratePerSecond: 4 }] } }),
      ask({ profile: { kind: 'ramp', fromPerSecond: 2, toPerSecond: 8 } }),
    ];
    expect(loadAtRate(loads, 0.5)).toEqual([
      ask({ ratePerSecond: 25, deadlineMs }),
      ask({ profile: { kind: 'constant', ratePerSecond: 5 } }),
      ask({ profile: { kind: 'flood', ratePerSecond: 15, floodPerSecond: 35, duringFaults: ['x'] } }),
      ask({ profile: { kind: 'steps', steps: [{ fromMs: 5, ratePerSecond: 2 }] } }),
      ask({ profile: { kind: 'ramp', fromPerSecond: 1, toPerSecond: 4 } }),
    ]);
    expect(loadAtRate(loads, 1)).toBe(loads);
  });

  it.each([0, -1, 100.1, NaN, Infinity])('refuses %d', (rate) => {
    expect(rateProblem(rate)).toContain('a number above 0 and at most 100');
    expect(() => plan(gpuSaturation, rate)).toThrow('It has to be a number above 0 and at most 100');
  });

  it('is sent by the plan, flood and all, and the plan says so', () => {
    const whole = plan(gpuSaturation);
    const fifth = plan(gpuSaturation, 0.2);
    expect('rate' in whole).toBe(false);
    expect(fifth.rate).toBe(0.2);
    expect(fifth.load.map((load) => load.summary)).toEqual([
      '10 per second, Poisson',
      '6.8 per second of 1 documents, 14.4 during noisy-neighbour, Poisson',
    ]);
    for (const [index, schedule] of loadSchedules(gpuSaturation, fifth).entries()) {
      const all = whole.load[index]?.requests ?? 0;
      expect(schedule.timesMs.length / all).toBeGreaterThan(0.17);
      expect(schedule.timesMs.length / all).toBeLessThan(0.23);
      expect(schedule.timesMs.length).toBe(fifth.load[index]?.requests);
    }
  });

  it('leaves the feed of a source alone, and so what is said of its backlog', () => {
    const [whole, fifth] = [plan(sourceThrottling), plan(sourceThrottling, 0.2)];
    expect(fifth.expectedDrainMs).toBe(whole.expectedDrainMs);
    expect(fifth.phases).toEqual(whole.phases);
    expect(fifth.loadSpecs[1]).toEqual(whole.loadSpecs[1]);
  });
});
