import { checkScenario } from './check-scenario.ts';
import { openExperiment } from './experiment.ts';
import { judgeRun } from './judge/index.ts';
import { GamedayError } from './kit/errors.ts';
import { didYouMean } from './kit/suggest.ts';
import { checkConfig, checkDefect, loadTarget } from './load-target.ts';
import { paces, type Pace } from './plan.ts';
import { reasonToSkip } from './prepare.ts';
import type { Call, RunRecord, Sample } from './record.ts';
import { perform } from './run.ts';
import type { Scenario } from './scenario.ts';
import { explainStuck, tellStuck } from './stuck-run.ts';
import { withStandIns } from './stand-ins.ts';
import { vitestCommand } from './vitest-command.ts';
import { checkTargetFits } from './what-a-world-can.ts';
import type { TargetConfig } from './world/target.ts';

/** A judged run that is stored nowhere. */
export interface SimulatedRun {
  readonly record: RunRecord;
  readonly samples: readonly Sample[];
  readonly calls: readonly Call[];
}

export interface SimulateSettings {
  readonly target?: TargetConfig;
  readonly seed?: number;
  readonly defect?: string | null;
  readonly pace?: Pace;
  readonly rate?: number;
  readonly interleave?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Runs a scenario in the simulated world, in this process and in virtual time, and judges it. One at a time: the globals of the process are
 * virtual meanwhile. What its record has as the command that repeats it is that of vitest where a test or a hook of vitest asked for it, else
 * this call in words.
 *
 * @param settings.target a config with `inProcess`; default the one of the command line: `gameday.config.ts` (or .js, .mjs) of the working
 * folder, else the reference workload
 * @param settings.seed default 1
 * @param settings.defect an id from the config's list; default none
 * @param settings.pace default quick
 * @param settings.rate how much of the scenario's requests is sent, above 0 and at most 100; default 1
 * @param settings.interleave whether the seed decides the order of what is ready at the same time, which finds races; default false
 * @param settings.signal interrupts it
 * @throws GamedayError `usage` for a setting that there is not, or is out of its range; `bad-config` when the scenario or the config has mistakes, or
 * the scenario cannot be run like this, with the reasons
 */
export async function simulate(scenario: Scenario, settings: SimulateSettings = {}): Promise<SimulatedRun> {
  checkSettings(settings);
  const { seed = 1, defect = null, pace = 'quick', rate = 1, interleave = false } = settings;
  const target = settings.target ?? (await loadTarget(undefined)).config;
  checkAll(scenario, target);
  if (defect !== null) checkDefect(target, defect);
  const { signal = new AbortController().signal } = settings;
  checkTargetFits(target, 'simulated');
  const simulated = withStandIns(scenario);
  const reason = reasonToSkip(simulated, target, 'simulated');
  if (reason !== null) throw new GamedayError('bad-config', `${scenario.name} cannot be simulated: ${reason}.`);
  const asked = { pace, rate, interleave, defect };
  const experiment = await openExperiment(
    {
      ...{ scenario: simulated, target, seed, ...asked, world: 'simulated', signal, notes: [] },
      ...{ stateFolder: '', runsFolder: '', onProgress: () => undefined },
      command: (await vitestCommand()) ?? inWords(scenario, target, { seed, ...asked }),
    },
    () => Promise.resolve({ id: `simulated-${scenario.name}-${seed}`, folder: '' }),
  );
  const evidence = await experiment.surroundings
    .during(
      () => perform(experiment),
      (cause) => tellStuck(cause, experiment),
    )
    .catch((cause: unknown) => {
      throw explainStuck(cause, experiment);
    });
  return { ...evidence, record: { ...evidence.record, verdict: judgeRun(evidence) } };
}

const names = [
  'target',
  'seed',
  'defect',
  'pace',
  'rate',
  'interleave',
  'signal',
] as const satisfies readonly (keyof SimulateSettings)[];

/** What a compiler would say, for tests that are not checked by one. */
function checkSettings(settings: SimulateSettings): void {
  const known: readonly string[] = names;
  const { seed = 1, pace = 'quick', interleave = false } = settings;
  const problems = [
    ...Object.keys(settings)
      .filter((name) => !known.includes(name))
      .map((name) => `There is no setting "${name}".${didYouMean(name, known)}`),
    ...(Number.isSafeInteger(seed) && seed >= 0
      ? []
      : [`"seed" has to be a whole number from 0 on, and is ${String(seed)}.`]),
    ...(Object.hasOwn(paces, pace) ? [] : [`There is no pace "${pace}".${didYouMean(pace, Object.keys(paces))}`]),
    ...(typeof interleave === 'boolean' ? [] : [`"interleave" has to be true or false, and is ${String(interleave)}.`]),
  ];
  const [first] = problems;
  if (first !== undefined) throw new GamedayError('usage', first, { problems });
}

function checkAll(scenario: Scenario, target: TargetConfig): void {
  const problems = [
    ...checkScenario(scenario),
    ...checkConfig(target).map((problem) => `The config of the target: ${problem}`),
  ];
  const [first] = problems;
  if (first === undefined) return;
  throw new GamedayError(
    'bad-config',
    problems.length === 1 ? first : `What is to be simulated has mistakes: ${problems.join(' ')}`,
    { problems },
  );
}

/** The call that repeats a run. No command line can: the scenario and the target are values of the caller's. */
function inWords(
  { name }: Scenario,
  target: TargetConfig,
  asked: { seed: number; pace: Pace; rate: number; interleave: boolean; defect: string | null },
): string {
  const settings = [
    `seed: ${asked.seed}`,
    ...(asked.pace === 'quick' ? [] : [`pace: '${asked.pace}'`]),
    ...(asked.rate === 1 ? [] : [`rate: ${asked.rate}`]),
    ...(asked.interleave ? ['interleave: true'] : []),
    ...(asked.defect === null ? [] : [`defect: '${asked.defect}'`]),
  ];
  return `simulate(scenario, { ${settings.join(', ')} }) with the scenario "${name}" and the target "${target.name}"`;
}
