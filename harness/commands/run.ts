import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reporters, renderSummary, type ReporterName } from '../../reports/index.ts';
import { library } from '../../scenarios/index.ts';
import { GamedayError } from '../kit/errors.ts';
import { freshSeed } from '../kit/random.ts';
import { checkDefect, loadTarget, type LoadedConfig } from '../load-target.ts';
import type { Pace } from '../plan.ts';
import { writeWhole, type StoredRun } from '../run-folder.ts';
import { runScenario, type RunResult } from '../run.ts';
import { sweep } from '../safety/sweep.ts';
import type { Scenario } from '../scenario.ts';
import { didYouMean } from '../suggest.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { findScenarios, scenarioLibrary } from './find-scenarios.ts';
import { stateFolder, runsFolder } from './folders.ts';
import { systemClock } from '../kit/clock.ts';
import { describeSweep } from '../safety/describe-sweep.ts';
import { createProgress } from './progress.ts';
import { describeError, type Terminal } from './terminal.ts';

export interface RunFlags {
  readonly seed?: number;
  readonly pace: Pace;
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
  const scenarios = findScenarios(scenarioLibrary(library, loaded.scenarios), names);
  const notes = describeSweep(await sweep(stateFolder(), { clock: systemClock() }));
  for (const note of notes) terminal.say(note);

  const isStopped = (): boolean => signal.aborted;
  const results: RunResult[] = [];
  let broken = false;
  for (const [index, scenario] of scenarios.entries()) {
    if (isStopped()) break;
    terminal.say(`${scenario.name} (${index + 1} of ${scenarios.length}): ${scenario.promise}`);
    try {
      const result = await runOne(scenario, loaded, flags, { terminal, signal, notes });
      results.push(result);
      await report(result, chosen, terminal);
    } catch (cause) {
      if (isStopped() && isInterruption(cause, signal))
        terminal.say(`${scenario.name} was interrupted before its load began; there is nothing to judge.`);
      else {
        broken = true;
        terminal.say(describeError(cause));
      }
      if (cause instanceof GamedayError && cause.code === 'refused-target') return exitCodes.usage;
    }
  }
  const withHtml = chosen.includes('html');
  terminal.print(
    renderSummary(
      results.map((result) => summaryRow(result, withHtml)),
      { color: terminal.color },
    ),
  );
  if (broken) return exitCodes.broken;
  return exitCodeOf(results.flatMap((result) => (result.kind === 'judged' ? [result.run.record.verdict.outcome] : [])));
}

/** Whether something failed only because the run was told to stop. */
function isInterruption(cause: unknown, signal: AbortSignal): boolean {
  return (
    cause === signal.reason ||
    (cause instanceof Error && (cause.name === 'AbortError' || cause.cause === signal.reason))
  );
}

function runOne(
  scenario: Scenario,
  loaded: LoadedConfig,
  flags: RunFlags,
  context: { terminal: Terminal; signal: AbortSignal; notes: readonly string[] },
): Promise<RunResult> {
  const seed = flags.seed ?? freshSeed();
  const progressDisplay = createProgress(systemClock(), context.terminal);
  return runScenario({
    scenario,
    target: loaded.config,
    seed,
    pace: flags.pace,
    defect: flags.defect ?? null,
    stateFolder: stateFolder(),
    runsFolder: flags.out === undefined ? runsFolder() : resolve(flags.out),
    command: commandOf(scenario.name, seed, flags),
    signal: context.signal,
    onProgress: (progress) => progressDisplay.show(progress),
    notes: context.notes,
  }).finally(() => progressDisplay.stop());
}

/** The command that repeats a run. */
function commandOf(name: string, seed: number, flags: RunFlags): string {
  const parts = ['npx gameday run', name, `--seed ${seed}`];
  if (flags.pace !== 'quick') parts.push(`--pace ${flags.pace}`);
  if (flags.target !== undefined) parts.push(`--target ${flags.target}`);
  if (flags.defect !== undefined) parts.push(`--defect ${flags.defect}`);
  return parts.join(' ');
}

/** Writes the chosen reports into the run's folder, and prints the console report. */
async function report(result: RunResult, chosen: readonly ReporterName[], terminal: Terminal): Promise<void> {
  if (result.kind === 'skipped') {
    terminal.say(`  skipped: ${result.reason}`);
    return;
  }
  await writeReports(result.run, chosen, terminal);
}

/** Renders the chosen reports of a run; files go into its folder. Gives the paths of the files. */
export async function writeReports(
  run: StoredRun,
  chosen: readonly ReporterName[],
  terminal: Terminal,
  folder = run.folder,
): Promise<string[]> {
  const files: string[] = [];
  await mkdir(folder, { recursive: true });
  for (const name of chosen) {
    const reporter = reporters[name];
    const { fileName } = reporter;
    const text = reporter.render(run, { color: terminal.color });
    if (fileName === null) terminal.print(text);
    else {
      await writeWhole(join(folder, fileName), text);
      files.push(join(folder, fileName));
    }
  }
  return files;
}

/** The reporters that were asked for; every unknown name is listed. */
export function parseReporters(list: string): ReporterName[] {
  const known = Object.keys(reporters) as ReporterName[];
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const problems = names
    .filter((name) => !known.some((reporter) => reporter === name))
    .map((name) => `There is no reporter "${name}".${didYouMean(name, known)}`);
  if (problems.length > 0)
    throw new GamedayError('usage', problems[0] ?? '', { problems, hint: `Known reporters: ${known.join(', ')}.` });
  return known.filter((reporter) => names.includes(reporter));
}

function summaryRow(result: RunResult, withHtml: boolean): Parameters<typeof renderSummary>[0][number] {
  if (result.kind === 'skipped') return { kind: 'skipped', scenario: result.scenario, reason: result.reason };
  const { record, folder } = result.run;
  return {
    kind: 'judged',
    record,
    reportPath: withHtml ? join(folder, reporters.html.fileName ?? 'report.html') : null,
  };
}
