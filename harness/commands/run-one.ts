import { resolve } from 'node:path';
import { systemClock } from '../kit/clock.ts';
import { freshSeed } from '../kit/random.ts';
import type { LoadedConfig } from '../load-target.ts';
import { runScenario, type RunResult } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import { withStandIns } from '../stand-ins.ts';
import { runsFolder, stateFolder } from './folders.ts';
import { createProgress } from './progress.ts';
import { replayCommand, type RunFlags } from './run-flags.ts';
import type { Terminal } from './terminal.ts';

/** Runs one scenario as the flags say, and shows where it is. */
export function runOne(
  scenario: Scenario,
  loaded: LoadedConfig,
  flags: RunFlags,
  context: { terminal: Terminal; signal: AbortSignal; notes: readonly string[] },
): Promise<RunResult> {
  const seed = flags.seed ?? freshSeed();
  // Where time is virtual there is nothing to count down.
  const display = { ...context.terminal, isTerminal: context.terminal.isTerminal && flags.world === 'local' };
  const progressDisplay = createProgress(systemClock(), display);
  return runScenario({
    scenario: flags.standIns === true || flags.world === 'simulated' ? withStandIns(scenario) : scenario,
    world: flags.world,
    interleave: flags.interleave ?? false,
    target: loaded.config,
    seed,
    pace: flags.pace,
    rate: flags.rate,
    defect: flags.defect ?? null,
    stateFolder: stateFolder(),
    runsFolder: runsFolderOf(flags),
    command: replayCommand(scenario.name, seed, flags),
    signal: context.signal,
    onProgress: (progress) => progressDisplay.show(progress),
    notes: context.notes,
  }).finally(() => progressDisplay.stop());
}

/** Where its run is stored. */
export function runsFolderOf({ out }: Pick<RunFlags, 'out'>): string {
  return out === undefined ? runsFolder() : resolve(out);
}
