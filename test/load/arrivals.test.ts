import { describe, expect, it } from 'vitest';
import { arrivals, floodSteps } from '../../harness/load/arrivals.ts';
import { scheduleLoads } from '../../harness/load/schedule.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { ask, ingest } from '../../harness/load/loads.ts';

const within = (times: readonly number[], fromMs: number, toMs: number): number =>
  times.filter((atMs) => atMs >= fromMs && atMs < toMs).length;

describe('arrivals', () => {
  it('are Poisson: about rate x time of them, with the spread of exponential gaps', () => {
    const times = arrivals({ kind: 'poisson', ratePerSecond: 50 }, seededRandom(1), 100_000, []);
    expect(Math.abs(times.length - 5000)).toBeLessThan(4 * Math.sqrt(5000));
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(deviation / mean).toBeCloseTo(1, 1);
  });

  it('repeat exactly for the same seed', () => {
    const draw = (): number[] => arrivals({ kind: 'poisson', ratePerSecond: 50 }, seededRandom(7), 10_000, []);
    expect(draw()).toEqual(draw());
  });

  it('are evenly spaced when constant', () => {
    expect(arrivals({ kind: 'constant', ratePerSecond: 10 }, seededRandom(1), 500, [])).toEqual([
      0, 100, 200, 300, 400,
    ]);
  });

  it('follow the rates of steps and ramps', () => {
    const steps = arrivals(
      {
        kind: 'steps',
        steps: [
          { fromMs: 0, ratePerSecond: 10 },
          { fromMs: 50_000, ratePerSecond: 100 },
        ],
      },
      seededRandom(1),
      100_000,
      [],
    );
    expect(within(steps, 0, 50_000)).toBeLessThan(600);
    expect(within(steps, 50_000, 100_000)).toBeGreaterThan(4700);
    const ramp = arrivals({ kind: 'ramp', fromPerSecond: 0, toPerSecond: 100 }, seededRandom(1), 100_000, []);
    expect(Math.abs(ramp.length - 5000)).toBeLessThan(300);
    expect(within(ramp, 75_000, 100_000) / within(ramp, 0, 25_000)).toBeGreaterThan(5);
  });

  it('flood while the named faults are there, and only then', () => {
    const steps = floodSteps({ ratePerSecond: 1, floodPerSecond: 9, duringFaults: ['b'] }, 100, [
      { fault: 'a', startMs: 10, endMs: 20 },
      { fault: 'b', startMs: 20, endMs: 40 },
    ]);
    expect(steps).toEqual([
      { fromMs: 0, toMs: 20, ratePerSecond: 1 },
      { fromMs: 20, toMs: 40, ratePerSecond: 9 },
      { fromMs: 40, toMs: 100, ratePerSecond: 1 },
    ]);
  });

  it('of one load stay as they are when another load changes', () => {
    const questions = ask({ ratePerSecond: 50 });
    const few = scheduleLoads([questions, ingest({ ratePerSecond: 1 })], seededRandom(1), 5000, []);
    const many = scheduleLoads([questions, ingest({ ratePerSecond: 90 })], seededRandom(1), 5000, []);
    expect(few[0]).toEqual(many[0]);
    expect(new Set(few[0]?.ids).size).toBe(few[0]?.ids.length);
  });
});
