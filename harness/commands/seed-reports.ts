import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { seedReporters, type ReporterName, type SeedRow } from '../../reports/index.ts';
import { GamedayError } from '../kit/errors.ts';
import { diskError, writeWhole } from '../run-folder.ts';

/**
 * Looks whether the reports that were asked for are some of many seeds.
 *
 * @throws GamedayError `usage` with each that is not
 */
export function checkSeedReporters(chosen: readonly ReporterName[]): void {
  const problems = chosen
    .filter((name) => !(name in seedReporters))
    .map((name) => `--reporter ${name} shows one run: there is none of --seeds.`);
  const [first] = problems;
  if (first === undefined) return;
  const hint = `With --seeds it can be ${Object.keys(seedReporters).join(', ')}. "gameday report" writes the others of a run that was kept.`;
  throw new GamedayError('usage', first, { problems, hint });
}

/** Writes those of the chosen reports that are files into a folder, and gives their paths. */
export async function writeSeedReports(
  rows: readonly SeedRow[],
  chosen: readonly ReporterName[],
  folder: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const name of chosen) {
    const reporter = seedReporters[name];
    if (reporter?.fileName == null) continue;
    const file = join(folder, reporter.fileName);
    try {
      await mkdir(folder, { recursive: true });
      await writeWhole(file, reporter.render(rows, { color: false }));
    } catch (cause) {
      throw diskError(`write the report ${file}`, cause);
    }
    files.push(file);
  }
  return files;
}
