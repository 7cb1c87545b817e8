import { library } from '../../scenarios/index.ts';
import { formatDuration } from '../kit/durations.ts';
import { freshSeed } from '../kit/random.ts';
import { loadTarget } from '../load-target.ts';
import { loadSchedules, makePlan, type Pace } from '../plan.ts';
import type { Plan } from '../record.ts';
import { findScenarios, scenarioLibrary } from './find-scenarios.ts';
import type { Terminal } from './terminal.ts';

/** Shows what a run would do and when. Starts nothing. */
export async function planCommand(
  name: string,
  flags: { seed?: number; pace: Pace; rate?: number; json?: boolean; target?: string },
  terminal: Terminal,
): Promise<number> {
  const { scenarios: own } = await loadTarget(flags.target);
  for (const scenario of findScenarios(scenarioLibrary(library, own), [name])) {
    const plan = makePlan(scenario, { seed: flags.seed ?? freshSeed(), pace: flags.pace, rate: flags.rate });
    if (flags.json) {
      const arrivals = loadSchedules(scenario, plan).map(({ load, timesMs }) => ({
        operation: load.operation,
        workClass: load.workClass,
        timesMs,
      }));
      terminal.print(JSON.stringify({ ...plan, arrivals }, null, 2));
    } else terminal.print(renderPlan(plan));
  }
  return 0;
}

/** A plan as text. */
export function renderPlan(plan: Plan): string {
  const at = (ms: number): string => formatDuration(ms).padStart(9);
  const faultOf = (name: string | undefined): string => plan.faults.find((fault) => fault.name === name)?.summary ?? '';
  return [
    `${plan.scenario}: ${plan.promise}`,
    `seed ${plan.seed}, pace ${plan.pace}${plan.rate === undefined ? '' : `, load at ${plan.rate} of the scenario’s rate`}, ${formatDuration(plan.durationMs)} of load`,
    '',
    'world',
    ...plan.parts.map(
      (part) => `  ${part.name} (${part.role}), the target finds it by ${Object.keys(part.variables).join(', ')}`,
    ),
    `  ${plan.corpus.documents} documents are stored before the load starts`,
    '',
    'load',
    ...plan.load.map(
      (load) =>
        `  ${load.operation} (${load.workClass}): ${load.summary}${load.requests === null ? '' : `, ${load.requests} requests`}`,
    ),
    '',
    'phases',
    ...plan.phases.map(
      (phase) =>
        `  ${at(phase.startMs)} to ${at(phase.endMs)}  ${phase.name}${phase.fault === undefined ? '' : `: ${faultOf(phase.fault)}`}`,
    ),
    ...(plan.expectedDrainMs === null
      ? []
      : [`  By the formula the backlog has drained ${formatDuration(plan.expectedDrainMs)} after the last fault.`]),
    '',
    'objectives',
    ...plan.objectives.map((objective) => `  ${objective.name}: ${objective.statement}`),
  ].join('\n');
}
