import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { SeedJob } from '../../harness/commands/seed-result.ts';

/** One finished run: a line of the file. */
const LineSchema = z.object({
  /** Hash of the code that decided. */
  code: z.string(),
  /** 2 for the repetition in another process. */
  round: z.union([z.literal(1), z.literal(2)]),
  scenario: z.string(),
  defect: z.string().nullable(),
  seed: z.number(),
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
  get(job: SeedJob, round: Round): Line | undefined;
  /** On disk when this returns: a process that is killed after it loses nothing. */
  add(line: Line): void;
  /** How many lines were left out when it was opened: of other code, and not readable. */
  readonly dropped: { readonly otherCode: number; readonly unreadable: number };
}

/**
 * Opens a file of results, one JSON object a line. What a killed process left of its last line is dropped; so are the results of other code,
 * unless they are kept.
 */
export function openResults(path: string, settings: { readonly code: string; readonly keep: boolean }): ResultsFile {
  const texts = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const read = texts.filter((text) => text !== '').map(parseLine);
  const readable = read.filter((line) => line !== null);
  const kept = readable.filter((line) => settings.keep || line.code === settings.code);
  const dropped = { otherCode: readable.length - kept.length, unreadable: read.length - readable.length };
  mkdirSync(dirname(path), { recursive: true });
  // Written anew in any case: a last line without its end would swallow the next one.
  writeFileSync(`${path}.partial`, kept.map(textOf).join(''));
  renameSync(`${path}.partial`, path);
  const lines = new Map(kept.map((line) => [keyOf(line, line.round), line]));
  return {
    dropped,
    get: (job, round) => lines.get(keyOf(job, round)),
    add: (line) => {
      appendFileSync(path, textOf(line));
      lines.set(keyOf(line, line.round), line);
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

function keyOf({ scenario, defect, seed }: SeedJob, round: Round): string {
  return JSON.stringify([scenario, defect, seed, round]);
}
