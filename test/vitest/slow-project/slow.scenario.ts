import { it } from 'vitest';
import { simulate } from '../../../harness/index.ts';
import { expect, scenarioTest } from '../../../harness/vitest/index.ts';
import { smallScenario } from '../../run/small-world.ts';
import { racingTarget } from '../racing-target.ts';

// Many times as long as the limit, on any machine.
scenarioTest(
  { ...smallScenario, name: 'too-long', phases: { ...smallScenario.phases, recoveryMs: 3_600_000 } },
  { target: racingTarget(), timeoutMs: 500 },
);

it('runs after one that took too long', async () => {
  const { samples } = await simulate(smallScenario, { target: racingTarget() });
  expect(samples.length).toBeGreaterThan(100);
});
