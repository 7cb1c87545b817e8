import { renderSeeds, type SeedRow } from '../../reports/index.ts';
import type { Clock } from '../kit/clock.ts';
import { formatDuration } from '../kit/durations.ts';
import type { Scenario } from '../scenario.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { SeedJob, SeedResult } from './seed-result.ts';
import type { Terminal } from './terminal.ts';

export interface RunSeedsSettings {
  readonly seeds: readonly number[];
  readonly defect: string | null;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The command that repeats a run. */
  readonly replay: (job: SeedJob) => string;
  /** Runs the jobs in any order and says what became of each, with its index; stops when the signal is aborted. */
  readonly runAll: (jobs: readonly SeedJob[], onResult: (result: SeedResult, index: number) => void) => Promise<void>;
  /** Runs a job again in a process of its own, and leaves nothing behind. Default: nothing is run again. */
  readonly runAlone?: (job: SeedJob) => Promise<SeedResult | undefined>;
  /** Writes the reports that are files, and gives their paths. */
  readonly writeReports: (rows: readonly SeedRow[]) => Promise<readonly string[]>;
}

/**
 * Runs each scenario with each seed and prints a table of verdicts, in the order of the seeds. Runs that pass are removed again; the others
 * stay, to be looked at. The first that did not pass is run again by itself, since that is what its command will do: a target may keep something from one
 * run to the next. Gives the exit code of the worst verdict, 3 when one broke; one that was interrupted is no pass.
 */
export async function runSeeds(scenarios: readonly Scenario[], settings: RunSeedsSettings): Promise<number> {
  const { seeds, defect, terminal, clock, signal, replay, runAll, writeReports } = settings;
  const jobs = scenarios.flatMap(({ name }) => seeds.map((seed) => ({ scenario: name, defect, seed })));
  const found = new Map<number, SeedResult>();
  const startedAtMs = clock.now();
  let unsound = 0;
  terminal.transient(`  0 of ${jobs.length} done`);
  await runAll(jobs, (result, index) => {
    const command = result.outcome === 'broken' ? replay(result) : result.command;
    found.set(index, { ...result, command });
    if (result.outcome !== 'pass') {
      unsound += 1;
      terminal.say(`  ${result.scenario}, seed ${result.seed}: ${result.outcome} (${result.why})`);
    }
    terminal.transient(
      `  ${progressLine({ done: found.size, total: jobs.length, unsound, elapsedMs: clock.now() - startedAtMs })}`,
    );
  });
  const rows = [...found].toSorted(([left], [right]) => left - right).map(([, row]) => row);
  terminal.print(renderSeeds(rows, { color: terminal.color }));
  for (const file of await writeReports(rows)) terminal.say(`Report: ${file}`);
  for (const line of await comparedAlone(rows, settings)) terminal.say(line);
  if (signal.aborted) terminal.say(`Interrupted after ${rows.length} of ${jobs.length} runs.`);
  if (rows.some((row) => row.outcome === 'broken')) return exitCodes.broken;
  const outcomes = rows.flatMap(({ outcome }) => (outcome === 'broken' || outcome === 'skipped' ? [] : [outcome]));
  return exitCodeOf(signal.aborted ? [...outcomes, 'inconclusive'] : outcomes);
}

async function comparedAlone(rows: readonly SeedResult[], settings: RunSeedsSettings): Promise<string[]> {
  const { runAlone, signal, terminal } = settings;
  const failed = rows.find(({ outcome, hash }) => outcome !== 'pass' && hash !== null);
  if (!failed || !runAlone || rows.length < 2 || signal.aborted) return [];
  const name = `${failed.scenario}, seed ${failed.seed}`;
  terminal.transient(`  ${name} again, alone`);
  const alone = await runAlone(failed);
  if (!alone || alone.hash === failed.hash) return [];
  return [
    `${name}, run alone in a process of its own, comes to another event log (${alone.outcome}): the target keeps something from one run to the next, such as a variable of a module. What the command repeats is the run alone.`,
  ];
}

/** `37 of 200 done, 2 did not pass, about 95 s left`, by the pace so far. */
export function progressLine(seen: { done: number; total: number; unsound: number; elapsedMs: number }): string {
  const { done, total, unsound, elapsedMs } = seen;
  const leftMs = done === 0 ? 0 : Math.round((elapsedMs / done) * (total - done));
  const left =
    done === 0 || done === total
      ? ''
      : `, about ${formatDuration(Math.max(1000, Math.round(leftMs / 1000) * 1000))} left`;
  return `${done} of ${total} done${unsound === 0 ? '' : `, ${unsound} did not pass`}${left}`;
}
