import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reporters, type ReporterName, type SkippedRun } from '../../reports/index.ts';
import { GamedayError } from '../kit/errors.ts';
import { didYouMean } from '../kit/suggest.ts';
import { diskError, redactRun, writeWhole, type StoredRun } from '../run-folder.ts';
import type { Terminal } from './terminal.ts';

/** Renders the chosen reports of a run; files go into its folder. Gives the paths of the files. */
export async function writeReports(
  run: StoredRun,
  chosen: readonly ReporterName[],
  terminal: Terminal,
  folder = run.folder,
): Promise<string[]> {
  const shown = redactRun(run);
  const files: string[] = [];
  await onDisk(`make the folder ${folder}`, () => mkdir(folder, { recursive: true }));
  for (const name of chosen) {
    const reporter = reporters[name];
    const { fileName } = reporter;
    const text = reporter.render(shown, { color: terminal.color });
    if (fileName === null) terminal.print(text);
    else {
      const file = join(folder, fileName);
      await onDisk(`write the report ${file}`, () => writeWhole(file, text));
      files.push(file);
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

/** Writes the chosen reports that have a word for a scenario that could not be run. */
export async function writeSkippedReports(
  skipped: SkippedRun,
  chosen: readonly ReporterName[],
  folder: string,
): Promise<void> {
  for (const name of chosen) {
    const { fileName, renderSkipped } = reporters[name];
    if (fileName === null || renderSkipped === undefined) continue;
    const file = join(folder, fileName);
    await onDisk(`write the report ${file}`, () => writeWhole(file, renderSkipped(skipped)));
  }
}

async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskError(what, cause);
  }
}
