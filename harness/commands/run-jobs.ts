import { z } from 'zod';
import type { Clock } from '../kit/clock.ts';
import { withDeadline } from '../kit/deadline.ts';
import { GamedayError, messageOf } from '../kit/errors.ts';
import { siblingModule } from '../kit/sibling-module.ts';
import { VerdictOutcomeSchema } from '../record.ts';
import type { RunFlags } from './run-flags.ts';
import { brokenResult, type Kept, type SeedJob, type SeedResult } from './seed-result.ts';
import { startWorker, type Worker } from './worker.ts';

export interface RunJobsSettings {
  /** How many processes share the work, from 1 on. */
  readonly jobs: number;
  readonly flags: RunFlags;
  /** Said in the notes of every record. */
  readonly notes: readonly string[];
  readonly kept: Kept;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with each result as it comes; the index is that of the job. */
  readonly onResult: (result: SeedResult, index: number) => void;
  /** Takes what the processes print, line by line. */
  readonly onOutput?: (line: string) => void;
  /** What a process runs; default the seed worker. */
  readonly module?: string;
  /** How long a run may take before its process is ended; default 20 minutes. Milliseconds. */
  readonly limitMs?: number;
}

const defaultLimitMs = 20 * 60_000;
/** Loading a target and all that it imports. */
const startLimitMs = 120_000;
/** What an interrupted run gets to heal and to store what it saw. */
const graceMs = 3000;

const SeedResultSchema = z.object({
  scenario: z.string(),
  defect: z.string().nullable(),
  seed: z.number(),
  rate: z.number().exactOptional(),
  outcome: z.union([VerdictOutcomeSchema, z.enum(['skipped', 'broken'])]),
  why: z.string(),
  failed: z.array(z.string()),
  invalidReasons: z.array(z.string()),
  hash: z.string().nullable(),
  wallMs: z.number(),
  command: z.string().nullable(),
});
const Ready = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
const Done = z.object({ kind: z.literal('done'), result: SeedResultSchema });

/**
 * Runs jobs in several processes, each of which takes the next one as soon as it is free. One that dies makes its job broken and is replaced.
 * When `signal` is aborted, no more jobs begin and those under way are interrupted.
 *
 * @throws GamedayError `harness` when a process cannot be started at all
 */
export async function runJobs(list: readonly SeedJob[], settings: RunJobsSettings): Promise<void> {
  const queue = [...list.entries()];
  const count = Math.min(settings.jobs, list.length);
  const failing = new AbortController();
  const signal = AbortSignal.any([settings.signal, failing.signal]);
  const next = (): (typeof queue)[number] | undefined => (signal.aborted ? undefined : queue.shift());
  const ends = await Promise.allSettled(
    Array.from({ length: count }, () =>
      workThrough(next, { ...settings, signal }).catch((cause: unknown) => {
        failing.abort(cause);
        throw cause;
      }),
    ),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** One process after another, until there is nothing left to do. */
async function workThrough(next: () => [number, SeedJob] | undefined, settings: RunJobsSettings): Promise<void> {
  const { clock, signal, onResult, limitMs = defaultLimitMs } = settings;
  let worker: Worker | undefined;
  let first = next();
  while (first !== undefined) {
    worker = await begin(settings);
    const stop = stopOn(signal, worker, clock);
    try {
      for (let job = first; ;) {
        const [index, asked] = job;
        const startedAtMs = clock.now();
        const answer = worker.ask({ kind: 'run', job: asked });
        const what = `the run of ${asked.scenario} with seed ${asked.seed}`;
        const result = await withDeadline(clock, answer, { what, limitMs }).then(
          (message) => Done.parse(message).result,
          (cause: unknown) => ({ how: messageOf(cause) }),
        );
        if ('how' in result) {
          // One that would not stop in time is as if it had not been run.
          if (!signal.aborted)
            onResult(brokenResult(asked, `The run came to no end: ${result.how}`, clock.now() - startedAtMs), index);
          break;
        }
        onResult(result, index);
        const following = next();
        if (following === undefined) break;
        job = following;
      }
    } finally {
      stop();
      await worker.kill();
    }
    first = next();
  }
}

async function begin({ module, flags, notes, kept, clock, onOutput }: RunJobsSettings): Promise<Worker> {
  const worker = startWorker(module ?? siblingModule(import.meta.url, './seed-worker'), onOutput ?? (() => undefined));
  try {
    const asked = worker.ask({ kind: 'begin', flags, notes, kept });
    const ready = Ready.parse(
      await withDeadline(clock, asked, { what: 'a process to be ready', limitMs: startLimitMs }),
    );
    if (ready.kind === 'failed') throw new Error(ready.message);
    return worker;
  } catch (cause) {
    await worker.kill();
    throw new GamedayError('harness', `A process for the runs could not be started: ${messageOf(cause)}`, { cause });
  }
}

/** Interrupts the run of a process when `signal` is aborted, and ends the process when that takes too long. */
function stopOn(signal: AbortSignal, worker: Worker, clock: Clock): () => void {
  const onAbort = (): void => {
    worker.tell({ kind: 'stop', reason: messageOf(signal.reason) });
    timer = clock.setTimer(() => void worker.kill(), graceMs);
  };
  let timer: { cancel(): void } | undefined;
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    timer?.cancel();
  };
}
