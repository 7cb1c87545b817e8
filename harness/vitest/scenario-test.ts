import { describe, it } from 'vitest';
import { simulate, type Scenario, type TargetConfig } from '../index.ts';
import { expect } from './matchers.ts';

/** A scenario takes some twenty seconds; a busy machine gets more. */
const defaultTimeoutMs = 300_000;

/**
 * Declares a test for each seed: the scenario passes against the target in the simulated world. A test that fails says which objective did
 * not hold, with its numbers, and the command that repeats it.
 *
 * @param settings.target a config with `inProcess`; default the one of the command line: `gameday.config.ts` (or .js, .mjs) of the working
 * folder, else the reference workload
 * @param settings.seeds how many, from 1 on, or which; default 1
 * @param settings.defect an id from the config's list; default none
 * @param settings.rate how much of the scenario's requests is sent, above 0 and at most 100; default 1
 * @param settings.interleave whether the seed decides the order of what is ready at the same time, which finds races; default false
 * @param settings.timeoutMs of one seed; default 300,000
 */
export function scenarioTest(
  scenario: Scenario,
  settings: {
    readonly target?: TargetConfig;
    readonly seeds?: number | readonly number[];
    readonly defect?: string;
    readonly rate?: number;
    readonly interleave?: boolean;
    readonly timeoutMs?: number;
  } = {},
): void {
  const { seeds = 1, timeoutMs = defaultTimeoutMs, ...asked } = settings;
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  if (list.length === 0)
    throw new RangeError(`"seeds" of ${scenario.name} has to be at least one, else nothing is tested.`);
  describe(scenario.name, () => {
    it.for(list)('passes with seed %i', { timeout: timeoutMs }, async (seed, { signal }) => {
      // A test that takes too long ends its run with it: the next one wants the globals of the process.
      expect(await simulate(scenario, { ...asked, seed, signal })).toPass();
    });
  });
}
