import { expect, it } from 'vitest';
import { library } from '../../scenarios/index.ts';
import { runScenario } from './run-gameday.ts';

/** One scenario takes up to two minutes of real time; nothing here is retried. With a defect they are run in the simulated world. */
const limitMs = 240_000;

it.each(library.map(({ name }) => name))(
  '%s passes on the workload without a defect, in real time',
  { timeout: limitMs },
  async (scenario) => {
    const { code, output, run } = await runScenario(scenario, { seed: 7 });
    expect(run.record.verdict.outcome, output).toBe('pass');
    expect(code).toBe(0);
  },
);
