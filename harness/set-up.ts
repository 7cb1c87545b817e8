import type { Experiment } from './experiment.ts';
import { seconds } from './kit/durations.ts';
import type { Cleanup } from './kit/lifecycle.ts';
import { renewLeases } from './leases.ts';
import { storeCorpus, type Written } from './prepare.ts';
import type { World } from './world/running-world.ts';

/** How long a fault outlives a conductor that is gone. */
export const leaseMs = seconds(5);

/** The load begins this long after everything is ready, so that nothing is due before it can be sent. */
const headStartMs = 200;

export interface SetUp {
  readonly world: World;
  /** What the target acknowledged of the corpus. */
  readonly written: readonly Written[];
  /** The start of the load, epoch milliseconds; every part has been told. */
  readonly originMs: number;
}

/** Starts the world of an experiment and has the target store the corpus. What has started is stopped by `cleanup`. */
export async function setUp(experiment: Experiment, cleanup: Cleanup): Promise<SetUp> {
  const { options, surroundings, clock, corpus, notes, series } = experiment;
  const { scenario, target, seed, signal } = options;
  const starting = (what: string): void => options.onProgress({ kind: 'starting', what });
  const telemetry = cleanup.use('the telemetry receiver', await surroundings.receiveTelemetry(series));
  const world = cleanup.use(
    'the world',
    await surroundings.startWorld(
      {
        ...{ parts: scenario.world.parts, corpus: scenario.world.corpus, seed, target, defect: options.defect },
        ...{ otlpUrl: telemetry.url, leaseMs, signal, onProgress: starting },
      },
      { runId: experiment.id, runFolder: experiment.folder, stateFolder: options.stateFolder },
    ),
  );
  cleanup.use(
    'the leases',
    renewLeases(clock, world, (note) => notes.push(note)),
  );
  starting('storing the corpus');
  const written = await storeCorpus({ clock, fetch: surroundings.fetch }, target, world.target.baseUrl, corpus, signal);
  const originMs = clock.now() + headStartMs;
  for (const part of world.parts) await part.admin('POST', '/start', { originMs });
  return { world, written, originMs };
}
