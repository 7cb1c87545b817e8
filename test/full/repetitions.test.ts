import { describe, expect, it } from 'vitest';
import { library } from '../../scenarios/index.ts';
import { runScenario } from '../scenarios/run-gameday.ts';

describe('a sound workload passes again and again in the simulated world, with another seed each time', () => {
  it.concurrent.each(library.flatMap(({ name }) => [101, 102, 103].map((seed) => ({ name, seed }))))(
    '$name, seed $seed',
    async ({ name, seed }) => {
      const { run, output } = await runScenario(name, { seed, world: 'simulated' });
      expect(run.record.verdict.outcome, output).toBe('pass');
    },
  );
});
