import type { Experiment } from './experiment.ts';
import { seconds } from './kit/durations.ts';
import type { Cleanup } from './kit/lifecycle.ts';
import { renewLeases } from './leases.ts';
import { startTelemetryReceiver } from './observe/telemetry-receiver.ts';
import { makeCorpus, storeCorpus } from './prepare.ts';
import { startLocalWorld, type LocalWorld } from './world/local-world.ts';
import type { Corpus } from './world/types.ts';

/** How long a fault outlives a conductor that is gone. */
export const leaseMs = seconds(5);

/** The load begins this long after everything is ready, so that nothing is due before it can be sent. */
const headStartMs = 200;

export interface SetUp {
  readonly world: LocalWorld;
  readonly corpus: Corpus;
  /** The start of the load, epoch milliseconds; every part has been told. */
  readonly originMs: number;
}

/** Starts the world of an experiment and has the target store the corpus. What has started is stopped by `cleanup`. */
export async function setUp(experiment: Experiment, cleanup: Cleanup): Promise<SetUp> {
  const { options, clock, notes, series } = experiment;
  const { scenario, target, seed, signal } = options;
  const starting = (what: string): void => options.onProgress({ kind: 'starting', what });
  const telemetry = cleanup.use('the telemetry receiver', await startTelemetryReceiver(series));
  const world = cleanup.use(
    'the world',
    await startLocalWorld({
      ...{ parts: scenario.world.parts, corpus: scenario.world.corpus, seed, target, defect: options.defect },
      ...{ runId: experiment.id, runFolder: experiment.folder, stateFolder: options.stateFolder },
      ...{ otlpUrl: telemetry.url, leaseMs, clock, signal, onProgress: starting },
    }),
  );
  cleanup.use(
    'the leases',
    renewLeases(clock, world, (note) => notes.push(note)),
  );
  starting('storing the corpus');
  const corpus = await makeCorpus(scenario.world.corpus, seed);
  await storeCorpus(clock, target, world.target.baseUrl, corpus, signal);
  const originMs = clock.now() + headStartMs;
  for (const part of world.parts) await part.admin('POST', '/start', { originMs });
  return { world, corpus, originMs };
}
