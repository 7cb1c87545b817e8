import type { Random } from '../kit/random.ts';
import type { ArrivalProfile } from './types.ts';

/** A stretch of time with one rate. Milliseconds and per second. */
export interface RateStep {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ratePerSecond: number;
}

/** When the faults are planned, for profiles that follow them. */
export interface FaultWindow {
  readonly fault: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Arrival times from 0 to `durationMs`, in order. Fixed before the load starts, so that a slow target cannot slow the arrivals down. */
export function arrivals(
  profile: ArrivalProfile,
  random: Random,
  durationMs: number,
  faults: readonly FaultWindow[],
): number[] {
  switch (profile.kind) {
    case 'poisson':
      return poissonArrivals(random, [{ fromMs: 0, toMs: durationMs, ratePerSecond: profile.ratePerSecond }]);
    case 'constant':
      return constantArrivals(profile.ratePerSecond, durationMs);
    case 'flood':
      return poissonArrivals(random, floodSteps(profile, durationMs, faults));
    case 'steps':
      return poissonArrivals(random, stepsUntil(profile.steps, durationMs));
    case 'ramp':
      return rampArrivals(random, profile, durationMs);
  }
}

/** A Poisson process with a rate that is constant within each step. */
export function poissonArrivals(random: Random, steps: readonly RateStep[]): number[] {
  const times: number[] = [];
  for (const { fromMs, toMs, ratePerSecond } of steps) {
    if (ratePerSecond <= 0) continue;
    for (
      let atMs = fromMs + random.exponential(ratePerSecond / 1000);
      atMs < toMs;
      atMs += random.exponential(ratePerSecond / 1000)
    ) {
      times.push(atMs);
    }
  }
  return times;
}

function constantArrivals(ratePerSecond: number, durationMs: number): number[] {
  const everyMs = 1000 / ratePerSecond;
  return Array.from({ length: Math.floor(durationMs / everyMs) }, (_, index) => index * everyMs);
}

/** A Poisson process whose rate changes linearly, by thinning one at the higher of the two rates. */
function rampArrivals(
  random: Random,
  ramp: { fromPerSecond: number; toPerSecond: number },
  durationMs: number,
): number[] {
  const peakPerSecond = Math.max(ramp.fromPerSecond, ramp.toPerSecond);
  const candidates = poissonArrivals(random, [{ fromMs: 0, toMs: durationMs, ratePerSecond: peakPerSecond }]);
  const rateAt = (atMs: number): number =>
    ramp.fromPerSecond + ((ramp.toPerSecond - ramp.fromPerSecond) * atMs) / durationMs;
  return candidates.filter((atMs) => random.next() * peakPerSecond < rateAt(atMs));
}

function stepsUntil(steps: readonly { fromMs: number; ratePerSecond: number }[], durationMs: number): RateStep[] {
  return steps.map((step, index) => ({ ...step, toMs: steps[index + 1]?.fromMs ?? durationMs }));
}

/** Cuts the time at the edges of the floods. */
export function floodSteps(
  profile: { ratePerSecond: number; floodPerSecond: number; duringFaults: readonly string[] },
  durationMs: number,
  faults: readonly FaultWindow[],
): RateStep[] {
  const floods = faults
    .filter((window) => profile.duringFaults.includes(window.fault))
    .sort((left, right) => left.startMs - right.startMs);
  const steps: RateStep[] = [];
  let atMs = 0;
  for (const flood of floods) {
    steps.push({ fromMs: atMs, toMs: flood.startMs, ratePerSecond: profile.ratePerSecond });
    steps.push({ fromMs: flood.startMs, toMs: flood.endMs, ratePerSecond: profile.floodPerSecond });
    atMs = flood.endMs;
  }
  return [...steps, { fromMs: atMs, toMs: durationMs, ratePerSecond: profile.ratePerSecond }];
}
