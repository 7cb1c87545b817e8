import { beforeAll, describe, it } from 'vitest';
import { simulate, type SimulatedRun } from '../../../harness/index.ts';
import { expect, scenarioTest } from '../../../harness/vitest/index.ts';
import { smallScenario } from '../../run/small-world.ts';
import { racingTarget } from '../racing-target.ts';

// All of them fail: a run of this length has too few samples for a pass.
scenarioTest({ ...smallScenario, name: 'no-target' }, { seeds: [1, 11] });

describe('by hand', () => {
  it("doesn't pass (latency > 5 ms?)", async () => {
    const scenario = { ...smallScenario, name: 'by-hand' };
    expect(await simulate(scenario, { target: racingTarget(), seed: 5, interleave: true })).toPass();
  });
});

describe('before all', () => {
  let run: SimulatedRun;
  beforeAll(async () => {
    run = await simulate({ ...smallScenario, name: 'before-all' }, { target: racingTarget(), seed: 6 });
  });

  it('does not pass', () => {
    expect(run).toMeet('availability');
  });
});
