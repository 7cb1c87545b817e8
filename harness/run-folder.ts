import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { GamedayError, messageOf } from './kit/errors.ts';
import { CallSchema, SampleSchema, type Call, type Sample } from './observe/observations.ts';
import { ownerName, ownerOf, writeOwner } from './run-owner.ts';
import { redactText, redactValue } from './redact.ts';
import { RunRecordSchema, recordVersion, type RunRecord } from './record.ts';

/** A stored run: `record.json`, its two logs, and `output/` with what each child printed. */
export interface StoredRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly samples: readonly Sample[];
  readonly calls: readonly Call[];
}

const keepRuns = 20;
/** Folders that are being made; hidden from `ls`. */
const newPrefix = '.new-';
const recordName = 'record.json';
const logNames = { samples: 'samples.jsonl', calls: 'calls.jsonl' } as const;

/**
 * Makes the folder of a new run, named by time and scenario; a second one in the same second gets a number. It says which process it belongs
 * to, so that it is not taken for a left-over while the run is still going on.
 */
export async function createRunFolder(
  runsFolder: string,
  scenario: string,
  startedAtMs: number,
): Promise<{ id: string; folder: string }> {
  const time = new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(':', '-');
  let made: string | undefined;
  try {
    await mkdir(runsFolder, { recursive: true });
    // Made under another name first: nobody ever sees one of these without its owner.
    made = await mkdtemp(join(runsFolder, newPrefix));
    await mkdir(join(made, 'output'));
    // A temporary folder is closed to everybody else; a run is as open as the person's other folders are.
    await chmod(made, (await stat(join(made, 'output'))).mode);
    await writeOwner(made);
    for (let number = 1; ; number++) {
      const id = `${time}-${scenario}${number === 1 ? '' : `-${number}`}`;
      if (await renameToNew(made, join(runsFolder, id))) return { id, folder: join(runsFolder, id) };
    }
  } catch (cause) {
    if (made !== undefined) await rm(made, { recursive: true, force: true }).catch(() => undefined);
    throw diskError(`make a folder for the run in ${runsFolder}`, cause);
  }
}

/** False when something is there already: renaming a folder onto one that is not empty fails. */
async function renameToNew(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (cause) {
    if (isCode(cause, 'ENOTEMPTY') || isCode(cause, 'EEXIST') || isCode(cause, 'ENOTDIR')) return false;
    throw cause;
  }
}

/** A run that was judged but could not be stored. It carries the run, so that its verdict can still be shown. */
export class RunNotStored extends GamedayError {
  readonly run: StoredRun;

  constructor(run: StoredRun, cause: unknown) {
    const { message, hint } = diskError(`store the run in ${run.folder}`, cause);
    super('disk', message, {
      problems: [
        message,
        'The record, the samples and the calls are not stored, so this run can neither be judged nor reported again.',
        `To repeat it: ${run.record.run.command}`,
      ],
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
    this.name = 'RunNotStored';
    this.run = run;
  }
}

/**
 * Writes the record and its logs, all of them or none, points `latest` at it, and removes all but the last 20 runs. Gives the run as it
 * is stored: without credentials and prompts.
 *
 * @throws RunNotStored when the disk is full or cannot be written; then nothing of record and logs is left in the folder
 */
export async function storeRun(run: StoredRun): Promise<StoredRun> {
  const stored = redactRun(run);
  // The record comes last: a folder that has one has its logs too.
  const files = [
    [logNames.samples, toLines(stored.samples)],
    [logNames.calls, toLines(stored.calls)],
    [recordName, `${JSON.stringify(stored.record, null, 1)}\n`],
  ] as const;
  try {
    for (const [name, text] of files) await writeWhole(join(run.folder, name), text);
  } catch (cause) {
    for (const [name] of files)
      await rm(join(run.folder, name), { force: true, recursive: true }).catch(() => undefined);
    throw new RunNotStored(run, cause);
  }
  // From here on the record says what the folder is.
  await rm(join(run.folder, ownerName), { force: true }).catch(() => undefined);
  const runsFolder = join(run.folder, '..');
  // The run is stored; keeping house must not take that back.
  await pointLatest(runsFolder, basename(run.folder)).catch(() => undefined);
  await pruneRuns(runsFolder, keepRuns).catch(() => []);
  return stored;
}

/** The run without credentials and prompts, as it is stored and shown: notes, outcome codes, paths, findings and all other texts. */
export function redactRun(run: StoredRun): StoredRun {
  return {
    folder: run.folder,
    record: redactValue(run.record),
    samples: redactValue(run.samples),
    calls: redactValue(run.calls),
  };
}

/** Takes credentials and prompts out of what the children printed. A file that cannot be rewritten, as on a full disk, is removed. */
export async function redactOutput(folder: string): Promise<void> {
  const output = join(folder, 'output');
  for (const entry of await readdir(output, { withFileTypes: true }).catch(() => [])) {
    if (entry.isFile()) await redactFile(join(output, entry.name));
  }
}

async function redactFile(file: string): Promise<void> {
  try {
    const text = await readFile(file, 'utf8');
    const redacted = redactText(text);
    if (redacted !== text) await writeWhole(file, redacted);
  } catch {
    await rm(file, { force: true });
  }
}

/** Redacts what the children of killed runs printed, since nobody else will. Runs that are still going on are left alone. */
export async function redactAbandoned(runsFolder: string): Promise<void> {
  for (const entry of await readdir(runsFolder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const folder = join(runsFolder, entry.name);
    if ((await ownerOf(folder)) !== 'gone') continue;
    await redactOutput(folder);
  }
}

/** Writes a file whole or not at all: what a full disk cuts off is removed again. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw cause;
  }
}

/** Reads a stored run; `where` is its folder or its `record.json`. Everything wrong with it is said in one error. */
export async function readRun(where: string): Promise<StoredRun> {
  const folder = basename(where) === 'record.json' ? join(where, '..') : where;
  const text = await readFile(join(folder, 'record.json'), 'utf8').catch((cause: unknown) => {
    throw badRecord(folder, [`There is no readable record.json: ${messageOf(cause)}`], cause);
  });
  const raw = parseJson(text, folder);
  const version = z.object({ version: z.number() }).safeParse(raw).data?.version;
  if (version !== recordVersion) {
    throw badRecord(folder, [
      version === undefined
        ? 'record.json is not a record of gameday: it has no version.'
        : `It has version ${version}; this gameday reads version ${recordVersion}.`,
    ]);
  }
  const parsed = RunRecordSchema.safeParse(raw);
  if (!parsed.success)
    throw badRecord(
      folder,
      parsed.error.issues.slice(0, 10).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    );
  const samples = await readLines(folder, logNames.samples, SampleSchema);
  const calls = await readLines(folder, logNames.calls, CallSchema);
  return { folder, record: parsed.data, samples, calls };
}

/** The names of the logs beside a record. */
export function logFiles(): RunRecord['logs'] {
  return { ...logNames };
}

/**
 * Removes all but the newest `keep` runs, and returns the names of those removed. Runs that broke or were killed before they were stored
 * count too, but not those that are still going on. What gameday did not make is left alone.
 */
export async function pruneRuns(runsFolder: string, keep: number): Promise<string[]> {
  const ended: string[] = [];
  for (const entry of await readdir(runsFolder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const folder = join(runsFolder, entry.name);
    // Another gameday may be pruning at the same time.
    const files: readonly string[] = await readdir(folder).catch(() => []);
    if (files.includes(recordName) || (await ownerOf(folder)) === 'gone') ended.push(entry.name);
  }
  // A folder that was never finished being made is no run, so none of them is worth keeping.
  const unfinished = ended.filter((name) => name.startsWith(newPrefix));
  const runs = ended.filter((name) => !name.startsWith(newPrefix)).sort();
  const old = [...unfinished, ...runs.slice(0, Math.max(0, runs.length - keep))];
  for (const name of old) await rm(join(runsFolder, name), { recursive: true, force: true });
  return old;
}

async function pointLatest(runsFolder: string, id: string): Promise<void> {
  const next = join(runsFolder, `.latest-${id}`);
  // Renaming a finished link over the old one: a reader never finds none.
  await rm(next, { force: true });
  await symlink(id, next).then(
    () => rename(next, join(runsFolder, 'latest')),
    () => undefined,
  );
}

function toLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

async function readLines<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = await readFile(join(folder, name), 'utf8').catch((cause: unknown) => {
    throw badRecord(folder, [`${name} cannot be read: ${messageOf(cause)}`], cause);
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      const parsed = schema.safeParse(parseJson(line, folder));
      if (!parsed.success)
        throw badRecord(folder, [`${name}, line ${index + 1}: ${parsed.error.issues[0]?.message ?? 'not understood'}`]);
      return parsed.data;
    });
}

function parseJson(text: string, folder: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw badRecord(folder, [`It is not JSON: ${messageOf(cause)}`], cause);
  }
}

function badRecord(folder: string, problems: readonly string[], cause?: unknown): GamedayError {
  return new GamedayError('bad-record', `Cannot read the run in ${folder}.`, {
    problems,
    hint: 'Please name the folder of a finished run, such as .gameday/runs/latest.',
    cause,
  });
}

/** An error of the disk in words: what failed, and what to do about it. */
export function diskError(what: string, cause: unknown): GamedayError {
  const full = isCode(cause, 'ENOSPC') || isCode(cause, 'EFBIG') || isCode(cause, 'EDQUOT');
  return new GamedayError('disk', `Failed to ${what}: ${messageOf(cause)}.`, {
    hint: full
      ? 'The disk (or the quota) is full. Please make room, e.g. with "gameday clean", or choose another folder with --out.'
      : 'Please check the folder, or choose another with --out.',
    cause,
  });
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
