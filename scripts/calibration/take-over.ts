import type { SeedJob } from '../../harness/commands/seed-result.ts';
import type { Line, ResultsFile } from './results-file.ts';

/** Results of one cell by the same other code, and the run that shows whether they hold for the present code. */
interface Group {
  readonly lines: readonly Line[];
  readonly sample: Line;
}

export interface TakenOver {
  readonly taken: number;
  readonly refused: number;
}

/**
 * Results of other code hold for the present code where the run with the lowest seed of their cell, done anew, has the same event log and the
 * same verdict. `run` does that and gives what is now known of a run; a run that is known already is not done again.
 */
export async function takeOver(
  results: ResultsFile,
  run: (jobs: readonly SeedJob[]) => Promise<void>,
): Promise<TakenOver> {
  const groups = groupsOf(results.others());
  const jobs = new Map(groups.map(({ sample }) => [cellOf(sample) + String(sample.seed), jobOf(sample)]));
  await run([...jobs.values()].filter((job) => results.get(job, 1) === undefined));
  let taken = 0;
  let refused = 0;
  for (const { lines, sample } of groups) {
    const anew = results.get(jobOf(sample), 1);
    // A run that was not done anew, as the calibration was interrupted, decides nothing yet.
    if (!anew) continue;
    if (isSame(anew, sample)) {
      const open = new Set(results.others());
      const left = lines.filter((line) => open.has(line));
      results.takeOver(left);
      taken += left.length;
    } else refused += lines.length;
  }
  return { taken, refused };
}

function groupsOf(lines: readonly Line[]): readonly Group[] {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const key = JSON.stringify([line.holdsFor ?? line.code, cellOf(line)]);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()].flatMap((all) => {
    const sample = all.filter(({ round }) => round === 1).toSorted((left, right) => left.seed - right.seed)[0];
    return sample ? [{ lines: all, sample }] : [];
  });
}

function isSame(left: Line, right: Line): boolean {
  const text = ({ hash, outcome, failed, invalidReasons }: Line): string =>
    JSON.stringify([hash, outcome, failed, invalidReasons]);
  return left.hash !== null && text(left) === text(right);
}

function jobOf({ scenario, defect, seed, rate }: Line): SeedJob {
  return { scenario, defect, seed, ...(rate === undefined ? {} : { rate }) };
}

function cellOf({ scenario, defect, rate }: Line): string {
  return JSON.stringify([scenario, defect, rate ?? 1]);
}
