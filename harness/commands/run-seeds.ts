import { rm } from 'node:fs/promises';
import { renderSeeds, type SeedRow } from '../../reports/index.ts';
import type { RunResult } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { describeError, type Terminal } from './terminal.ts';

export interface RunSeedsSettings {
  readonly seeds: readonly number[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Runs one scenario with a seed to its verdict and stores it. */
  readonly run: (scenario: Scenario, seed: number) => Promise<RunResult>;
}

/**
 * Runs each scenario with each seed and prints a table of verdicts. Runs that pass are removed again; the others stay, to be looked at. Gives
 * the exit code of the worst verdict, 3 when one broke; one that was interrupted is no pass.
 */
export async function runSeeds(scenarios: readonly Scenario[], settings: RunSeedsSettings): Promise<number> {
  const { seeds, terminal, signal } = settings;
  const isStopped = (): boolean => signal.aborted;
  const rows: SeedRow[] = [];
  for (const scenario of scenarios) {
    for (const [index, seed] of seeds.entries()) {
      if (isStopped()) break;
      terminal.transient(`  ${scenario.name}, seed ${seed} (${index + 1} of ${seeds.length})`);
      const row = await runSeed(scenario, seed, settings);
      rows.push(row);
      if (row.outcome !== 'pass') terminal.say(`  ${scenario.name}, seed ${seed}: ${row.outcome} (${row.why})`);
    }
  }
  terminal.print(renderSeeds(rows, { color: terminal.color }));
  if (isStopped()) terminal.say(`Interrupted after ${rows.length} of ${scenarios.length * seeds.length} runs.`);
  if (rows.some((row) => row.outcome === 'broken')) return exitCodes.broken;
  const outcomes = rows.flatMap(({ outcome }) => (outcome === 'broken' || outcome === 'skipped' ? [] : [outcome]));
  return exitCodeOf(isStopped() ? [...outcomes, 'inconclusive'] : outcomes);
}

async function runSeed(scenario: Scenario, seed: number, { run }: RunSeedsSettings): Promise<SeedRow> {
  const row = { scenario: scenario.name, seed };
  try {
    const result = await run(scenario, seed);
    if (result.kind === 'skipped') return { ...row, outcome: 'skipped', why: result.reason, command: null };
    const { record, folder } = result.run;
    const { outcome, objectives, invalidReasons } = record.verdict;
    if (outcome === 'pass') await rm(folder, { recursive: true, force: true });
    const named = objectives.filter((objective) => objective.outcome === outcome).map(({ name }) => name);
    return { ...row, outcome, why: [...invalidReasons, ...named].join(', '), command: record.run.command };
  } catch (cause) {
    return { ...row, outcome: 'broken', why: describeError(cause), command: null };
  }
}
