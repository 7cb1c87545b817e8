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
  /** How much of the scenario's requests is sent. */
  readonly rate: number;
}

/**
 * Where the questions are bystanders of what is judged, fewer of them show the same in half the time: what a source and its records go through
 * is a matter of the feed, which no rate thins out. A rate that is too low would come to no verdict, which counts as an alarm.
 */
export const rates: Readonly<Record<string, number>> = { 'source-throttling': 0.3 };

/** Every scenario without a defect, then each of its defects. */
export function cellsOf(
  scenarios: readonly Scenario[],
  target: Pick<TargetConfig, 'defects'>,
  seeds: { readonly good: readonly number[]; readonly defect: readonly number[] },
  rateOf: (scenario: string) => number = () => 1,
): readonly Cell[] {
  return scenarios.flatMap(({ name }) => [
    { scenario: name, defect: null, caughtBy: [], seeds: seeds.good, rate: rateOf(name) },
    ...(target.defects ?? [])
      .filter(({ scenario }) => scenario === name)
      .map(({ id, caughtBy }) => ({
        ...{ scenario: name, defect: id, caughtBy, seeds: seeds.defect },
        // A healthy twin is near a limit on purpose, and needs every sample to be told from a defect.
        rate: caughtBy.length === 0 ? 1 : rateOf(name),
      })),
  ]);
}

export function jobsOf({ scenario, defect, seeds, rate }: Cell): readonly SeedJob[] {
  return seeds.map((seed) => ({ scenario, defect, seed, ...(rate === 1 ? {} : { rate }) }));
}
