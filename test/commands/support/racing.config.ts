import { smallScenario } from '../../run/small-world.ts';
import { racingTarget } from '../../vitest/racing-target.ts';

/** A target and a scenario that take a fraction of a second in virtual time. */
export const config = racingTarget();
export const scenarios = [smallScenario];
