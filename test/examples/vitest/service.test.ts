import {
  ask,
  availability,
  correctness,
  noisyNeighbour,
  nothingLost,
  perSecond,
  seconds,
  simulate,
  slowLink,
  type Scenario,
} from 'gameday';
import { corpusSpec, modelServer } from 'gameday/fakes';
import { sourceThrottling } from 'gameday/scenarios';
import { expect, scenarioTest } from 'gameday/vitest';
import { describe, it } from 'vitest';
import { service, serviceThroughMsw } from './service.js';

const busyGpu: Scenario = {
  name: 'busy-gpu',
  promise: 'A neighbour on the GPU makes answers slower, not wrong.',
  covers: [],
  references: [],
  world: { parts: [modelServer()], corpus: corpusSpec({ documents: 20 }) },
  load: [ask({ ratePerSecond: perSecond(50), deadlineMs: seconds(5) })],
  faults: [noisyNeighbour({ part: 'model-server', share: 0.5 })],
  objectives: [availability({ of: 'ask', atLeast: 0.99 }), correctness({ of: 'ask', atLeast: 0.95 }), nothingLost()],
};

scenarioTest(busyGpu, { target: service, seeds: 2 });
scenarioTest(busyGpu, { target: serviceThroughMsw });

// Without a target it is the reference workload. With fewer questions than three tenths not every objective is decided.
scenarioTest(sourceThrottling, { rate: 0.3 });

describe('the reference workload', () => {
  it('has caught up with its source soon after the last fault', async () => {
    const run = await simulate(sourceThrottling, { rate: 0.1 });
    expect(run).toMeet('nothing-lost');
    expect(run).toRecoverWithin(60_000);
  }, 60_000);
});

describe('a slow link to the model', () => {
  it('breaks the promise when it is slower than the deadline', async () => {
    const slow = { ...busyGpu, faults: [slowLink({ part: 'model-server', latencyMs: 6000 })] };
    const run = await simulate(slow, { target: service });
    expect(run).not.toPass();
    expect(run).not.toMeet('availability');
    expect(run).toMeet('nothing-lost');
  }, 60_000);
});
