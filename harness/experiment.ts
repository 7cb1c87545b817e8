import { systemClock, type Clock } from './kit/clock.ts';
import type { Sample } from './observe/observations.ts';
import { createSeriesStore, type SeriesStore } from './observe/series.ts';
import { makePlan, type Pace } from './plan.ts';
import { makeCorpus } from './prepare.ts';
import type { Phase, Plan } from './record.ts';
import type { Scenario } from './scenario.ts';
import { localSurroundings } from './local-surroundings.ts';
import { simulatedSurroundings } from './simulated-surroundings.ts';
import type { Surroundings, WorldName } from './surroundings.ts';
import { Trail } from './trail.ts';
import type { TargetConfig } from './world/target.ts';
import type { Corpus } from './world/types.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  readonly target: TargetConfig;
  readonly seed: number;
  readonly pace: Pace;
  /** How much of the scenario's requests is sent: above 0, at most 100. Default 1. */
  readonly rate?: number | undefined;
  readonly defect: string | null;
  readonly world: WorldName;
  /** In the simulated world: the seed decides the order of what is ready at the same time, which finds races. Default false. */
  readonly interleave?: boolean;
  /** Where undo journals are kept, and where runs are. */
  readonly stateFolder: string;
  readonly runsFolder: string;
  /** The command that repeats this run. */
  readonly command: string;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Said in the record's notes: what was swept before the start. */
  readonly notes: readonly string[];
}

export type Progress =
  | { readonly kind: 'starting'; readonly what: string }
  | { readonly kind: 'phase'; readonly phase: Phase; readonly plan: Plan };

/** One run: what was asked for, what will happen, and what has been seen of it so far. */
export interface Experiment {
  readonly options: RunOptions;
  readonly surroundings: Surroundings;
  /** Time in the world of the run. */
  readonly clock: Clock;
  readonly plan: Plan;
  readonly corpus: Corpus;
  readonly id: string;
  readonly folder: string;
  readonly startedAtMs: number;
  readonly trail: Trail;
  readonly notes: string[];
  readonly samples: Sample[];
  readonly series: SeriesStore;
}

/** What a run is called, and the folder that is made for it. */
export interface RunFolder {
  readonly id: string;
  readonly folder: string;
}

/**
 * Plans a run and loads what it needs; nothing has started yet.
 *
 * @param makeFolder called last, so that a run that cannot begin leaves no folder
 */
export async function openExperiment(
  options: RunOptions,
  makeFolder: (startedAtMs: number) => Promise<RunFolder>,
): Promise<Experiment> {
  const { scenario, target, seed } = options;
  const startedAtMs = systemClock().now();
  const plan = makePlan(scenario, options);
  const corpus = await makeCorpus(scenario.world.corpus, seed);
  const surroundings =
    options.world === 'local'
      ? localSurroundings()
      : await simulatedSurroundings({
          ...{ parts: scenario.world.parts, target, seed, durationMs: plan.durationMs },
          ...{ interleave: options.interleave ?? false, signal: options.signal },
        });
  const { id, folder } = await makeFolder(startedAtMs);
  const trail = new Trail(surroundings.clock);
  const onProgress = (progress: Progress): void => {
    trail.note(progress.kind === 'phase' ? `the phase "${progress.phase.name}"` : progress.what);
    options.onProgress(progress);
  };
  return {
    ...{
      options: { ...options, onProgress },
      trail,
      surroundings,
      clock: surroundings.clock,
      plan,
      corpus,
      id,
      folder,
      startedAtMs,
    },
    notes: [...options.notes],
    samples: [],
    series: createSeriesStore(),
  };
}
