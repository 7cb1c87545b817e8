import { availableParallelism } from 'node:os';
import { library } from '../../scenarios/index.ts';
import { checkDefect, loadTarget } from '../load-target.ts';
import { redactAbandoned } from '../run-folder.ts';
import { sweep } from '../safety/sweep.ts';
import { checkTargetFits } from '../what-a-world-can.ts';
import { findScenarios, scenarioLibrary } from './find-scenarios.ts';
import { stateFolder } from './folders.ts';
import { systemClock } from '../kit/clock.ts';
import { describeSweep } from '../safety/describe-sweep.ts';
import { runEach } from './run-each.ts';
import { checkRunFlags, replayCommand, type RunFlags } from './run-flags.ts';
import { runJobs } from './run-jobs.ts';
import { runOne, runsFolderOf } from './run-one.ts';
import { runSeeds, type RunSeedsSettings } from './run-seeds.ts';
import { checkSeedReporters, writeSeedReports } from './seed-reports.ts';
import { seedResult, type SeedJob, type SeedResult } from './seed-result.ts';
import type { Terminal } from './terminal.ts';
import { parseReporters } from './write-reports.ts';

const defaultReporters = 'console,json,html';

/** Runs scenarios one after another and gives the exit code of the worst verdict. */
export async function runCommand(
  names: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  checkRunFlags(flags);
  const chosen = parseReporters(flags.reporter ?? (flags.seeds === undefined ? defaultReporters : 'console'));
  if (flags.seeds !== undefined) checkSeedReporters(chosen);
  const loaded = await loadTarget(flags.target);
  if (flags.defect !== undefined) checkDefect(loaded.config, flags.defect);
  checkTargetFits(loaded.config, flags.world);
  const scenarios = findScenarios(scenarioLibrary(library, loaded.scenarios), names);
  const notes = describeSweep(await sweep(stateFolder(), { clock: systemClock() }));
  await redactAbandoned(runsFolderOf(flags));
  for (const note of notes) terminal.say(note);

  const { seeds } = flags;
  if (seeds !== undefined) {
    const quiet: Terminal = { ...terminal, say: () => undefined, transient: () => undefined };
    const jobs = Math.min(flags.jobs ?? defaultJobs(flags), scenarios.length * seeds.length);
    const clock = systemClock();
    const oneByOne: RunSeedsSettings['runAll'] = async (list, onResult) => {
      for (const [index, job] of list.entries()) {
        const scenario = scenarios.find(({ name }) => name === job.scenario);
        if (signal.aborted || !scenario) break;
        const own = { ...flags, seed: job.seed };
        const run = () => runOne(scenario, loaded, own, { terminal: quiet, signal, notes });
        onResult(await seedResult(job, { run, kept: 'all but passes', clock }), index);
      }
    };
    const runAlone = async (job: SeedJob): Promise<SeedResult | undefined> => {
      const found: SeedResult[] = [];
      const onResult = (result: SeedResult): void => void found.push(result);
      await runJobs([job], { jobs: 1, flags, notes, kept: 'none', clock, signal, onResult });
      return found[0];
    };
    return runSeeds(scenarios, {
      ...{ seeds, terminal, clock, signal, defect: flags.defect ?? null },
      writeReports: (rows) => writeSeedReports(rows, chosen, runsFolderOf(flags)),
      replay: ({ scenario, seed }) => replayCommand(scenario, seed, flags),
      ...(flags.world === 'simulated' ? { runAlone } : {}),
      runAll:
        jobs === 1
          ? oneByOne
          : (list, onResult) =>
              runJobs(list, {
                ...{ jobs, flags, notes, kept: 'all but passes', clock, signal, onResult },
                onOutput: (line) => terminal.say(line),
              }),
    });
  }
  return runEach(scenarios, {
    ...{ chosen, terminal, signal, runsFolder: runsFolderOf(flags), clock: systemClock() },
    run: (scenario) => runOne(scenario, loaded, flags, { terminal, signal, notes }),
  });
}

/** Runs in real time would disturb each other; in virtual time each takes one core. */
function defaultJobs({ world }: RunFlags): number {
  return world === 'simulated' ? availableParallelism() : 1;
}
