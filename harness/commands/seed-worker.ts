import { library } from '../../scenarios/index.ts';
import { systemClock } from '../kit/clock.ts';
import { GamedayError, messageOf } from '../kit/errors.ts';
import { loadTarget } from '../load-target.ts';
import { scenarioLibrary } from './find-scenarios.ts';
import type { RunFlags } from './run-flags.ts';
import { runOne } from './run-one.ts';
import { seedResult, type Kept, type SeedJob } from './seed-result.ts';
import type { Terminal } from './terminal.ts';

// One of the processes that share the runs of many seeds. It takes one job after another and ends with its parent.

/** What it is told: first how to run, then one job at a time, and to stop. */
export type ToWorker =
  | { readonly kind: 'begin'; readonly flags: RunFlags; readonly notes: readonly string[]; readonly kept: Kept }
  | { readonly kind: 'run'; readonly job: SeedJob }
  | { readonly kind: 'stop'; readonly reason: string };

const ending = new AbortController();
const nothing = (): void => undefined;
const quiet: Terminal = { isTerminal: false, color: false, print: nothing, say: nothing, transient: nothing };

// Ctrl-C reaches the whole group; the parent decides what becomes of it.
for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, nothing);
process.on('disconnect', () => process.exit());

const [begin, onJob] = messages();
const { flags, notes, kept } = await begin;
try {
  const loaded = await loadTarget(flags.target);
  const scenarios = scenarioLibrary(library, loaded.scenarios);
  onJob((job) => {
    const run = (): ReturnType<typeof runOne> => {
      const scenario = scenarios.find(({ name }) => name === job.scenario);
      if (!scenario) throw new GamedayError('usage', `There is no scenario "${job.scenario}".`);
      const own = {
        ...{ ...flags, seed: job.seed },
        ...(job.defect === null ? {} : { defect: job.defect }),
        ...(job.rate === undefined ? {} : { rate: job.rate }),
      };
      return runOne(scenario, loaded, own, { terminal: quiet, signal: ending.signal, notes });
    };
    const settings = { run: () => Promise.resolve().then(run), kept, clock: systemClock() };
    void seedResult(job, settings).then((result) => process.send?.({ kind: 'done', result }));
  });
  process.send?.({ kind: 'ready' });
} catch (cause) {
  process.send?.({ kind: 'failed', message: messageOf(cause) }, () => process.exit(1));
}

/** The first message, and what takes the jobs after it. A stop interrupts the run that is under way. */
function messages(): readonly [
  begin: Promise<Extract<ToWorker, { kind: 'begin' }>>,
  onJob: (take: (job: SeedJob) => void) => void,
] {
  let take: (job: SeedJob) => void = nothing;
  const first = new Promise<Extract<ToWorker, { kind: 'begin' }>>((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'begin') resolve(message);
      else if (message.kind === 'run') take(message.job);
      else ending.abort(new GamedayError('interrupted', message.reason));
    });
  });
  return [first, (given) => (take = given)];
}
