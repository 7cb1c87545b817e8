import { GamedayError } from '../kit/errors.ts';
import type { ArrivalProfile, LoadSpec } from './types.ts';

/** More than this much of a scenario's load is a mistake rather than a wish. */
const highestRate = 100;

/** What is wrong with a rate, as a sentence about "it"; null where nothing is. */
export function rateProblem(rate: number): string | null {
  return rate > 0 && rate <= highestRate
    ? null
    : `It has to be a number above 0 and at most ${highestRate}: 0.2 sends a fifth of what the scenario says.`;
}

/**
 * The load with every request rate, also that of a flood, times `rate`; deadlines, sizes and times stay. The feed of a source stays as it is:
 * it is the source's own, and its quota, the throttle and the time to drain are all said in its terms.
 *
 * @param rate above 0, at most 100
 * @throws GamedayError `usage` for any other rate
 */
export function loadAtRate(loads: readonly LoadSpec[], rate: number): readonly LoadSpec[] {
  const problem = rateProblem(rate);
  if (problem !== null) throw new GamedayError('usage', `The rate is ${rate}. ${problem}`);
  if (rate === 1) return loads;
  return loads.map((load) =>
    load.kind === 'requests' ? { ...load, profile: profileAtRate(load.profile, rate) } : load,
  );
}

function profileAtRate(profile: ArrivalProfile, rate: number): ArrivalProfile {
  switch (profile.kind) {
    case 'poisson':
    case 'constant':
      return { ...profile, ratePerSecond: profile.ratePerSecond * rate };
    case 'flood':
      return {
        ...profile,
        ratePerSecond: profile.ratePerSecond * rate,
        floodPerSecond: profile.floodPerSecond * rate,
      };
    case 'steps':
      return {
        ...profile,
        steps: profile.steps.map((step) => ({ ...step, ratePerSecond: step.ratePerSecond * rate })),
      };
    case 'ramp':
      return { ...profile, fromPerSecond: profile.fromPerSecond * rate, toPerSecond: profile.toPerSecond * rate };
  }
}
