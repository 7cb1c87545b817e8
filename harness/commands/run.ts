import { resolve } from 'node:path';
import { library } from '../../scenarios/index.ts';
import { freshSeed } from '../kit/random.ts';
import { checkDefect, loadTarget, type LoadedConfig } from '../load-target.ts';
import type { Pace } from '../plan.ts';
import { runScenario, type RunResult } from '../run.ts';
import { redactAbandoned } from '../run-folder.ts';
import { sweep } from '../safety/sweep.ts';
import type { Scenario } from '../scenario.ts';
import { withStandIns } from '../stand-ins.ts';
import type { WorldName } from '../surroundings.ts';
import { checkTargetFits } from '../what-a-world-can.ts';
import { findScenarios, scenarioLibrary } from './find-scenarios.ts';
import { stateFolder, runsFolder } from './folders.ts';
import { systemClock } from '../kit/clock.ts';
import { describeSweep } from '../safety/describe-sweep.ts';
import { createProgress } from './progress.ts';
import { runEach } from './run-each.ts';
import { runSeeds } from './run-seeds.ts';
import type { Terminal } from './terminal.ts';
import { parseReporters } from './write-reports.ts';

export interface RunFlags {
  readonly seed?: number;
  readonly seeds?: readonly number[];
  readonly pace: Pace;
  readonly world: WorldName;
  readonly standIns?: boolean;
  readonly target?: string;
  readonly defect?: string;
  readonly reporter?: string;
  readonly out?: string;
}

const defaultReporters = 'console,json,html';

/** Runs scenarios one after another and gives the exit code of the worst verdict. */
export async function runCommand(
  names: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const chosen = parseReporters(flags.reporter ?? defaultReporters);
  const loaded = await loadTarget(flags.target);
  if (flags.defect !== undefined) checkDefect(loaded.config, flags.defect);
  checkTargetFits(loaded.config, flags.world);
  const scenarios = findScenarios(scenarioLibrary(library, loaded.scenarios), names);
  const notes = describeSweep(await sweep(stateFolder(), { clock: systemClock() }));
  await redactAbandoned(runsFolderOf(flags));
  for (const note of notes) terminal.say(note);

  const { seeds } = flags;
  if (seeds !== undefined) {
    const quiet: Terminal = { ...terminal, say: () => undefined, transient: () => undefined };
    return runSeeds(scenarios, {
      ...{ seeds, terminal, signal },
      run: (scenario, seed) => runOne(scenario, loaded, { ...flags, seed }, { terminal: quiet, signal, notes }),
    });
  }
  return runEach(scenarios, {
    ...{ chosen, terminal, signal, runsFolder: runsFolderOf(flags), clock: systemClock() },
    run: (scenario) => runOne(scenario, loaded, flags, { terminal, signal, notes }),
  });
}

function runOne(
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
    target: loaded.config,
    seed,
    pace: flags.pace,
    defect: flags.defect ?? null,
    stateFolder: stateFolder(),
    runsFolder: runsFolderOf(flags),
    command: commandOf(scenario.name, seed, flags),
    signal: context.signal,
    onProgress: (progress) => progressDisplay.show(progress),
    notes: context.notes,
  }).finally(() => progressDisplay.stop());
}

function runsFolderOf({ out }: RunFlags): string {
  return out === undefined ? runsFolder() : resolve(out);
}

/** The command that repeats a run. */
function commandOf(name: string, seed: number, flags: RunFlags): string {
  const parts = ['npx gameday run', name, `--seed ${seed}`];
  if (flags.pace !== 'quick') parts.push(`--pace ${flags.pace}`);
  if (flags.target !== undefined) parts.push(`--target ${quoted(flags.target)}`);
  if (flags.world !== 'local') parts.push(`--world ${flags.world}`);
  else if (flags.standIns === true) parts.push('--stand-ins');
  if (flags.defect !== undefined) parts.push(`--defect ${flags.defect}`);
  if (flags.out !== undefined) parts.push(`--out ${quoted(flags.out)}`);
  return parts.join(' ');
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
