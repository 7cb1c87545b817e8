import { rm } from 'node:fs/promises';
import { eventLogHash } from '../event-log.ts';
import type { Clock } from '../kit/clock.ts';
import type { VerdictOutcome } from '../record.ts';
import type { RunResult } from '../run.ts';
import { describeError } from './terminal.ts';

/** One run of many: a scenario of the library by its name, a defect or none, a seed. */
export interface SeedJob {
  readonly scenario: string;
  readonly defect: string | null;
  readonly seed: number;
  /** How much of the scenario's requests is sent, above 0; default as the flags of all runs say. */
  readonly rate?: number;
}

/** What became of it. */
export interface SeedResult extends SeedJob {
  /** `broken`: gameday itself failed, or the process that the run was in. */
  readonly outcome: VerdictOutcome | 'skipped' | 'broken';
  /** Which objectives decided it, or what went wrong. */
  readonly why: string;
  /** The names of the objectives that failed. */
  readonly failed: readonly string[];
  readonly invalidReasons: readonly string[];
  /** SHA-256 of the event log; null when there was no run. */
  readonly hash: string | null;
  readonly wallMs: number;
  /** The command that repeats it; null when there was no run. */
  readonly command: string | null;
}

/** Which runs stay on disk, to be looked at. */
export type Kept = 'all but passes' | 'none';

/** Runs one job to its verdict, whatever happens, and removes the run again unless it is kept. */
export async function seedResult(
  job: SeedJob,
  settings: { readonly run: () => Promise<RunResult>; readonly kept: Kept; readonly clock: Clock },
): Promise<SeedResult> {
  const { run, kept, clock } = settings;
  const startedAtMs = clock.now();
  const nothing = { failed: [], invalidReasons: [], hash: null, command: null };
  const wall = (): { wallMs: number } => ({ wallMs: Math.round(clock.now() - startedAtMs) });
  try {
    const result = await run();
    if (result.kind === 'skipped') return { ...job, ...nothing, ...wall(), outcome: 'skipped', why: result.reason };
    const { record, folder } = result.run;
    const { outcome, objectives, invalidReasons } = record.verdict;
    const hash = eventLogHash(result.run);
    if (outcome === 'pass' || kept === 'none') await rm(folder, { recursive: true, force: true });
    const named = (wanted: string): string[] =>
      objectives.filter((objective) => objective.outcome === wanted).map(({ name }) => name);
    const why = [...invalidReasons, ...named(outcome)].join(', ');
    const found = { outcome, why, failed: named('fail'), invalidReasons, hash, command: record.run.command };
    return { ...job, ...found, ...wall() };
  } catch (cause) {
    return brokenResult(job, describeError(cause), wall().wallMs);
  }
}

/** A job that came to no verdict. */
export function brokenResult(job: SeedJob, why: string, wallMs: number): SeedResult {
  return { ...job, outcome: 'broken', why, failed: [], invalidReasons: [], hash: null, wallMs, command: null };
}
