import type { SeedJob, SeedResult } from '../../harness/commands/seed-result.ts';
import { jobsOf, type Cell } from './cells.ts';
import type { Line, ResultsFile, Round } from './results-file.ts';
import { takeOver, type TakenOver } from './take-over.ts';

export interface CalibrateSettings {
  readonly cells: readonly Cell[];
  readonly results: ResultsFile;
  readonly code: string;
  /** Runs every job a second time, in processes that are started for that, on a machine that is kept busy. */
  readonly twice: boolean;
  readonly isStopped: () => boolean;
  /** Runs jobs in any order, in processes of its own; a second call has others. The second round is run under load. */
  readonly run: (jobs: readonly SeedJob[], round: Round, onResult: (result: SeedResult) => void) => Promise<void>;
  /** Told what became of the results of other code, where there were any. */
  readonly onTakenOver: (seen: TakenOver) => void;
  readonly onProgress: (seen: { readonly done: number; readonly total: number }) => void;
}

/** Runs what is not in the results yet and adds it to them, each as soon as it is known. Results of other code are taken over where they hold. */
export async function calibrate(settings: CalibrateSettings): Promise<void> {
  const { cells, results, code, twice, isStopped, run, onProgress, onTakenOver } = settings;
  if (results.others().length > 0)
    onTakenOver(
      await takeOver(results, (jobs) =>
        run(jobs, 1, (result) => {
          if (!isStopped()) results.add(lineOf(result, { code, round: 1 }));
        }),
      ),
    );
  // All cells side by side: what comes first shows something of each.
  const jobs = cells.flatMap(jobsOf).sort((left, right) => left.seed - right.seed);
  const rounds: readonly Round[] = twice ? [1, 2] : [1];
  const total = jobs.length * rounds.length;
  const isDone = (job: SeedJob, round: Round): boolean => {
    const line = results.get(job, round);
    // A process that died says nothing about the run.
    return line !== undefined && line.outcome !== 'broken';
  };
  let done = rounds.flatMap((round) => jobs.filter((job) => isDone(job, round))).length;
  onProgress({ done, total });
  for (const round of rounds) {
    const left = jobs.filter((job) => !isDone(job, round));
    if (isStopped() || left.length === 0) continue;
    await run(left, round, (result) => {
      // What was cut short says nothing either.
      if (isStopped()) return;
      results.add(lineOf(result, { code, round }));
      onProgress({ done: ++done, total });
    });
  }
}

function lineOf(result: SeedResult, { code, round }: { code: string; round: Round }): Line {
  const { scenario, defect, seed, rate, outcome, failed, invalidReasons, hash, wallMs, why } = result;
  return {
    ...{ code, round, scenario, defect, seed, ...(rate === undefined ? {} : { rate }), outcome, failed: [...failed], invalidReasons: [...invalidReasons] },
    ...{ hash, wallMs },
    ...(outcome === 'broken' || outcome === 'skipped' ? { why } : {}),
  };
}
