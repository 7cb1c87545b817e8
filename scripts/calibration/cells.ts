import type { SeedJob } from '../../harness/commands/seed-result.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { TargetConfig } from '../../harness/world/target.ts';

/** A scenario with a defect of the target or none, and the seeds that it is run with. */
export interface Cell {
  readonly scenario: string;
  readonly defect: string | null;
  /** Objectives of which one has to fail; none for what is healthy. */
  readonly caughtBy: readonly string[];
  readonly seeds: readonly number[];
}

/** Every scenario without a defect, then each of its defects. */
export function cellsOf(
  scenarios: readonly Scenario[],
  target: Pick<TargetConfig, 'defects'>,
  seeds: { readonly good: readonly number[]; readonly defect: readonly number[] },
): readonly Cell[] {
  return scenarios.flatMap(({ name }) => [
    { scenario: name, defect: null, caughtBy: [], seeds: seeds.good },
    ...(target.defects ?? [])
      .filter(({ scenario }) => scenario === name)
      .map(({ id, caughtBy }) => ({ scenario: name, defect: id, caughtBy, seeds: seeds.defect })),
  ]);
}

export function jobsOf({ scenario, defect, seeds }: Cell): readonly SeedJob[] {
  return seeds.map((seed) => ({ scenario, defect, seed }));
}
