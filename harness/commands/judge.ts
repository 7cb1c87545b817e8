import { library } from '../../scenarios/index.ts';
import { judgeRun } from '../judge/index.ts';
import { loadTarget } from '../load-target.ts';
import { readRun, type StoredRun } from '../run-folder.ts';
import { exitCodeOf } from './exit-codes.ts';
import { findScenarios, scenarioLibrary } from './find-scenarios.ts';
import type { Terminal } from './terminal.ts';
import { parseReporters, writeReports } from './write-reports.ts';

/** Judges a stored run again from its record alone; with `scenario`, by the objectives that this scenario has today. */
export async function judgeCommand(
  where: string,
  flags: { scenario?: string; target?: string },
  terminal: Terminal,
): Promise<number> {
  const stored = await readRun(where);
  const objectives =
    flags.scenario === undefined ? stored.record.plan.objectives : await objectivesOf(flags.scenario, flags.target);
  const record = { ...stored.record, plan: { ...stored.record.plan, objectives } };
  const judged: StoredRun = {
    ...stored,
    record: { ...record, verdict: judgeRun({ record, samples: stored.samples, calls: stored.calls }) },
  };
  await writeReports(judged, ['console'], terminal);
  const before = stored.record.verdict.outcome;
  const after = judged.record.verdict.outcome;
  if (before !== after)
    terminal.say(`The stored verdict was ${before}; judged again it is ${after}. The stored record was not changed.`);
  return exitCodeOf([after]);
}

async function objectivesOf(
  name: string,
  target: string | undefined,
): Promise<StoredRun['record']['plan']['objectives']> {
  const { scenarios } = await loadTarget(target);
  const found = findScenarios(scenarioLibrary(library, scenarios), [name]);
  return found.flatMap((scenario) =>
    scenario.objectives.map((objective) => ({ ...objective, settings: { ...objective.settings } })),
  );
}

/** Writes the reports of a stored run again. */
export async function reportCommand(
  where: string,
  flags: { reporter: string; out?: string },
  terminal: Terminal,
): Promise<number> {
  const chosen = parseReporters(flags.reporter);
  const run = await readRun(where);
  for (const file of await writeReports(run, chosen, terminal, flags.out ?? run.folder)) terminal.print(file);
  return exitCodeOf([run.record.verdict.outcome]);
}
