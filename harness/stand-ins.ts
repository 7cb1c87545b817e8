import type { Scenario } from './scenario.ts';

/** The scenario with every part that cannot be a function replaced by what stands in for it. */
export function withStandIns(scenario: Scenario): Scenario {
  const parts = scenario.world.parts.map((part) => part.standIn ?? part);
  return { ...scenario, world: { ...scenario.world, parts } };
}
