/**
 * Runs every good scenario with 1,000 seeds and every defect with 100, in virtual time, and says how often each defect is caught and how often
 * what is healthy is flagged. Run with `npm run calibrate`; it takes hours, and goes on where it was when it is started again. Exit code 1
 * when something healthy fails, a defect is caught in less than 95 % of its runs, or two processes differ; 2 when it was interrupted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { progressLine } from '../harness/commands/run-seeds.ts';
import { findScenarios } from '../harness/commands/find-scenarios.ts';
import { runJobs } from '../harness/commands/run-jobs.ts';
import { parseSeeds } from '../harness/commands/seeds.ts';
import { processTerminal } from '../harness/commands/terminal.ts';
import { systemClock } from '../harness/kit/clock.ts';
import { config } from '../gameday.config.ts';
import { library } from '../scenarios/index.ts';
import { calibrate } from './calibration/calibrate.ts';
import { cellsOf, rates } from './calibration/cells.ts';
import { openResults } from './calibration/results-file.ts';
import { summarize } from './calibration/summary.ts';
import { codeHash } from './code-hash.ts';
import { formatted, publishOn } from './publish-page.ts';

interface Options {
  readonly seeds?: readonly number[];
  readonly scenario?: string[];
  readonly jobs: string;
  readonly out: string;
  readonly anew?: boolean;
  readonly twice?: boolean;
  readonly write?: boolean;
  readonly fullRate?: boolean;
}

const root = join(import.meta.dirname, '..');
const options = new Command('calibrate')
  .option('--seeds <seeds>', 'as 1..100 (default: 1..1000 without a defect, 1..100 for each defect)', parseSeeds)
  .option('--scenario <names...>', 'default: all of the library')
  .option('--jobs <count>', 'how many processes share the runs', String(availableParallelism()))
  .option('--out <file>', 'where the results are', join(root, 'calibration', 'results.jsonl'))
  .option('--anew', 'forget all results')
  .option(
    '--twice',
    'run each seed a second time, in another process and beside twice as many, and compare the event logs',
  )
  .option('--full-rate', 'send all requests, also where fewer show the same')
  .option('--write', 'write the table into docs/worlds.md')
  .parse()
  .opts<Options>();

const jobs = Number(options.jobs);
if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs has to be a whole number from 1 on: ${options.jobs}`);
const { anew = false, twice = false } = options;
const seeds = options.seeds;
const fullRate = options.fullRate === true;
const cells = cellsOf(
  findScenarios(library, options.scenario ?? []),
  config,
  { good: seeds ?? parseSeeds('1..1000'), defect: seeds ?? parseSeeds('1..100') },
  (scenario) => (fullRate ? 1 : (rates[scenario] ?? 1)),
);
const terminal = processTerminal();
const clock = systemClock();
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => ending.abort(new Error(`interrupted by ${name}`)));

const code = codeHash(root);
if (anew) await rm(options.out, { force: true });
const results = openResults(options.out, code);
if (results.unreadable > 0) terminal.say(`${results.unreadable} lines could not be read; their runs are started anew.`);
if (results.others().length > 0)
  terminal.say(
    `${results.others().length} results are of other code: one run of each cell is done anew, to see if they hold.`,
  );

const runsFolder = await mkdtemp(join(tmpdir(), 'gameday-calibration-'));
const startedAtMs = clock.now();
let before: number | undefined;
try {
  await calibrate({
    ...{ cells, results, code, twice, isStopped: () => ending.signal.aborted },
    run: (list, round, onResult) => {
      // Twice as many processes as were asked for keep one another waiting, as any load would, and do all that work for something.
      const processes = round === 2 ? 2 * jobs : jobs;
      return runJobs(list, {
        ...{ jobs: processes, flags: { pace: 'quick', world: 'simulated', out: runsFolder }, notes: [], kept: 'none' },
        ...{ clock, signal: ending.signal, onResult },
      });
    },
    onTakenOver: ({ taken, refused }) => {
      terminal.say(
        `${taken} results of other code hold: the same event logs and verdicts. ${refused} do not, and are started anew.`,
      );
    },
    onProgress: ({ done, total }) => {
      before ??= done;
      const seen = { done: done - before, total: total - before, unsound: 0, elapsedMs: clock.now() - startedAtMs };
      terminal.transient(`  ${before === 0 ? '' : `${before} were known; `}${progressLine(seen)}`);
    },
  });
} finally {
  await rm(runsFolder, { recursive: true, force: true });
}

const { markdown, problems } = summarize(cells, results, twice);
const page = join(root, 'docs', 'worlds.md');
terminal.print(await formatted(page, markdown));
if (options.write === true)
  await publishOn(page, { name: 'calibration', heading: 'Calibration' }, `Code ${code}.\n\n${markdown}`);
for (const problem of problems) terminal.say(problem);
if (ending.signal.aborted) terminal.say('Interrupted: the same command goes on from here.');
process.exitCode = ending.signal.aborted ? 2 : problems.length > 0 ? 1 : 0;
