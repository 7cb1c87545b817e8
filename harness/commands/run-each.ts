import { join } from 'node:path';
import { renderSummary, reporters, type ReporterName, type SkippedRun } from '../../reports/index.ts';
import type { Clock } from '../kit/clock.ts';
import { eventLogHash } from '../event-log.ts';
import { GamedayError } from '../kit/errors.ts';
import { createRunFolder, RunNotStored } from '../run-folder.ts';
import type { RunResult } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { VerdictOutcome } from '../record.ts';
import { exitCodeOf, exitCodeOfError, exitCodes } from './exit-codes.ts';
import { describeError, type Terminal } from './terminal.ts';
import { writeReports, writeSkippedReports } from './write-reports.ts';

export interface RunEachSettings {
  readonly chosen: readonly ReporterName[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Where the reports of skipped scenarios go, in a folder each. */
  readonly runsFolder: string;
  readonly clock: Clock;
  /** Runs one scenario to its verdict and stores it. */
  readonly run: (scenario: Scenario) => Promise<RunResult>;
}

/** What is known of one scenario once it was tried. */
type Tried =
  | RunResult
  | { readonly kind: 'not stored'; readonly cause: RunNotStored }
  | { readonly kind: 'not run'; readonly scenario: string; readonly reason: string };

/** Runs scenarios one after another, reports each, and gives the exit code of the worst: 3 when anything broke. */
export async function runEach(scenarios: readonly Scenario[], settings: RunEachSettings): Promise<number> {
  const { chosen, terminal, signal } = settings;
  const isStopped = (): boolean => signal.aborted;
  const results: Tried[] = [];
  let broken = false;
  let misused = false;
  let refused = false;
  for (const [index, scenario] of scenarios.entries()) {
    if (isStopped()) {
      results.push(notRun(scenario));
      continue;
    }
    terminal.say(`${scenario.name} (${index + 1} of ${scenarios.length}): ${scenario.promise}`);
    try {
      const result = await tryOne(scenario, settings);
      results.push(result);
      await report(result, settings);
    } catch (cause) {
      if (isStopped() && isInterruption(cause, signal)) {
        terminal.say(`${scenario.name} was interrupted before its load began; there is nothing to judge.`);
        results.push(notRun(scenario));
      } else {
        if (exitCodeOfError(cause) === exitCodes.usage) misused = true;
        else broken = true;
        terminal.say(describeError(cause));
      }
      // It will be refused to all the others, too.
      if (cause instanceof GamedayError && cause.code === 'refused-target') {
        refused = true;
        break;
      }
    }
  }
  const withHtml = chosen.includes('html');
  terminal.print(
    renderSummary(
      results.map((result) => summaryRow(result, withHtml)),
      { color: terminal.color },
    ),
  );
  if (refused) return exitCodes.usage;
  if (broken) return exitCodes.broken;
  if (misused) return exitCodes.usage;
  return exitCodeOf(results.flatMap(outcomesOf));
}

function outcomesOf(result: Tried): VerdictOutcome[] {
  if (result.kind === 'judged') return [result.run.record.verdict.outcome];
  // A suite that was cut short is no pass.
  return result.kind === 'not run' ? ['inconclusive'] : [];
}

function notRun(scenario: Scenario): Tried {
  return { kind: 'not run', scenario: scenario.name, reason: 'not run: interrupted' };
}

async function tryOne(scenario: Scenario, { run }: RunEachSettings): Promise<Tried> {
  try {
    return await run(scenario);
  } catch (cause) {
    if (cause instanceof RunNotStored) return { kind: 'not stored', cause };
    throw cause;
  }
}

/** Writes the chosen reports into the run's folder, and prints the console report. */
async function report(result: Tried, settings: RunEachSettings): Promise<void> {
  const { chosen, terminal } = settings;
  if (result.kind === 'skipped') {
    terminal.say(`  skipped: ${result.reason}`);
    await writeSkipped(result, settings);
  } else if (result.kind === 'judged') {
    await writeReports(result.run, chosen, terminal);
    // In real time no two runs have the same, so there it would say nothing.
    if (result.run.record.run.world === 'simulated') terminal.say(`  event log: sha256 ${eventLogHash(result.run)}`);
  } else if (result.kind === 'not stored') {
    // The verdict is all that is left of the run, so it is shown whether or not the console report was asked for.
    await writeReports(result.cause.run, ['console'], terminal);
    throw result.cause;
  }
}

/** A skipped scenario has no run, so its reports get a folder of their own, and only where somebody asked for such reports. */
async function writeSkipped(skipped: SkippedRun, { chosen, runsFolder, clock }: RunEachSettings): Promise<void> {
  if (!chosen.some((name) => reporters[name].renderSkipped !== undefined)) return;
  const { folder } = await createRunFolder(runsFolder, skipped.scenario, clock.now());
  await writeSkippedReports(skipped, chosen, folder);
}

/** Whether something failed only because the run was told to stop. */
function isInterruption(cause: unknown, signal: AbortSignal): boolean {
  return (
    cause === signal.reason ||
    (cause instanceof Error && (cause.name === 'AbortError' || cause.cause === signal.reason))
  );
}

function summaryRow(result: Tried, withHtml: boolean): Parameters<typeof renderSummary>[0][number] {
  if (result.kind === 'skipped' || result.kind === 'not run')
    return { kind: 'skipped', scenario: result.scenario, reason: result.reason };
  if (result.kind === 'not stored') return { kind: 'judged', record: result.cause.run.record, reportPath: null };
  const { record, folder } = result.run;
  return {
    kind: 'judged',
    record,
    reportPath: withHtml ? join(folder, reporters.html.fileName ?? 'report.html') : null,
  };
}
