import { expect, it } from 'vitest';
import { simulate } from '../../harness/index.ts';
import { runSmall, smallScenario } from '../run/small-world.ts';
import { racingTarget } from './racing-target.ts';

const long = { ...smallScenario, phases: { ...smallScenario.phases, faultMs: 20_000 } };

it('sends a share of the load in the simulated world, and what rests on too few samples is not decided', async () => {
  const whole = await simulate(long, { target: racingTarget() });
  const part = await simulate(long, { target: racingTarget(), rate: 0.1 });
  expect(whole.record.verdict.objectives[0]?.outcome).toBe('pass');
  expect(part.record.verdict.objectives[0]).toMatchObject({ name: 'availability', outcome: 'inconclusive' });
  expect(part.samples.length / whole.samples.length).toBeLessThan(0.15);
  expect(part.record.plan.rate).toBe(0.1);
}, 60_000);

it('sends a share of the load in the local world', async () => {
  const result = await runSmall({ rate: 0.25 });
  if (result.kind !== 'judged') throw new Error(result.reason);
  const { record, samples } = result.run;
  expect(record.plan.rate).toBe(0.25);
  // 40 per second for 3.5 s are 140.
  expect(samples.length).toBeGreaterThan(15);
  expect(samples.length).toBeLessThan(60);
}, 60_000);
