import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { SeedJob } from '../../harness/commands/seed-result.ts';

/** One finished run: a line of the file. */
const LineSchema = z.object({
  /** Hash of the code that decided. */
  code: z.string(),
  /** Hash of later code that was seen to decide the same. */
  holdsFor: z.string().exactOptional(),
  /** 2 for the repetition in another process. */
  round: z.union([z.literal(1), z.literal(2)]),
  scenario: z.string(),
  defect: z.string().nullable(),
  seed: z.number(),
  /** How much of the scenario's requests was sent; all where there is none. */
  rate: z.number().exactOptional(),
  outcome: z.enum(['pass', 'fail', 'inconclusive', 'invalid', 'skipped', 'broken']),
  failed: z.array(z.string()),
  invalidReasons: z.array(z.string()),
  /** Of the event log; null when there was no run. */
  hash: z.string().nullable(),
  wallMs: z.number(),
  /** What went wrong where there is no verdict. */
  why: z.string().exactOptional(),
});
export type Line = z.infer<typeof LineSchema>;
export type Round = Line['round'];

/** The results so far, and where the next ones go. */
export interface ResultsFile {
  /** What is known of a run by the present code, or by other code whose results hold for it. */
  get(job: SeedJob, round: Round): Line | undefined;
  /** On disk when this returns: a process that is killed after it loses nothing. */
  add(line: Line): void;
  /** Results of other code, of runs of which nothing is known otherwise. They stay in the file until a result takes their place. */
  others(): readonly Line[];
  /** Lets results of other code hold for the present one. */
  takeOver(lines: readonly Line[]): void;
  /** How many lines were left out when it was opened, as they could not be read. */
  readonly unreadable: number;
}

/**
 * Opens a file of results, one JSON object a line. What a killed process left of its last line is dropped; of several results of one run the
 * present code's is kept, else the last.
 */
export function openResults(path: string, code: string): ResultsFile {
  const texts = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const read = texts.filter((text) => text !== '').map(parseLine);
  const holds = (line: Line): boolean => line.code === code || line.holdsFor === code;
  const lines = new Map<string, Line>();
  for (const line of read) {
    if (line === null) continue;
    const before = lines.get(keyOf(line, line.round));
    if (!before || holds(line) || !holds(before)) lines.set(keyOf(line, line.round), line);
  }
  const write = (): void => {
    writeFileSync(`${path}.partial`, [...lines.values()].map(textOf).join(''));
    renameSync(`${path}.partial`, path);
  };
  mkdirSync(dirname(path), { recursive: true });
  // Written anew in any case: a last line without its end would swallow the next one.
  write();
  return {
    unreadable: read.filter((line) => line === null).length,
    get: (job, round) => {
      const line = lines.get(keyOf(job, round));
      return line && holds(line) ? line : undefined;
    },
    add: (line) => {
      appendFileSync(path, textOf(line));
      lines.set(keyOf(line, line.round), line);
    },
    others: () => [...lines.values()].filter((line) => !holds(line)),
    takeOver: (taken) => {
      for (const line of taken) lines.set(keyOf(line, line.round), { ...line, holdsFor: code });
      write();
    },
  };
}

function parseLine(text: string): Line | null {
  try {
    return LineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function textOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function keyOf({ scenario, defect, seed, rate = 1 }: SeedJob, round: Round): string {
  return JSON.stringify([scenario, defect, seed, rate, round]);
}
