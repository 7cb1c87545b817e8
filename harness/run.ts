import { conduct } from './conduct.ts';
import { evidenceOf } from './evidence.ts';
import { startObservers } from './gather.ts';
import { judgeRun } from './judge/index.ts';
import { systemClock } from './kit/clock.ts';
import { seconds } from './kit/durations.ts';
import { messageOf } from './kit/errors.ts';
import { Cleanup } from './kit/lifecycle.ts';
import { drive } from './load/drive.ts';
import type { FollowLoad } from './load/types.ts';
import type { Sample } from './observe/observations.ts';
import { createSeriesStore } from './observe/series.ts';
import { startTelemetryReceiver } from './observe/telemetry-receiver.ts';
import { loadSchedules, makePlan, type Pace } from './plan.ts';
import { makeCorpus, missingOperations, startFollowing, storeCorpus } from './prepare.ts';
import type { Phase, Plan, RunRecord } from './record.ts';
import { createRunFolder, redactOutput, storeRun, type StoredRun } from './run-folder.ts';
import type { Scenario } from './scenario.ts';
import { startLocalWorld } from './world/local-world.ts';
import type { TargetConfig } from './world/target.ts';
import type { LinkTraffic } from './world/types.ts';

const leaseMs = seconds(5);
const renewEveryMs = seconds(1.5);

export interface RunOptions {
  readonly scenario: Scenario;
  readonly target: TargetConfig;
  readonly seed: number;
  readonly pace: Pace;
  readonly defect: string | null;
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

export type RunResult =
  | { readonly kind: 'judged'; readonly run: StoredRun }
  | { readonly kind: 'skipped'; readonly scenario: string; readonly reason: string };

/** One experiment, from the scenario to the stored record with its verdict. */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { scenario, target, seed, signal } = options;
  const missing = missingOperations(scenario, target);
  if (missing.length > 0)
    return {
      kind: 'skipped',
      scenario: scenario.name,
      reason: `${target.name} offers no operation ${missing.join(', ')}`,
    };
  const clock = systemClock();
  const startedAtMs = clock.now();
  const plan = makePlan(scenario, options);
  const { id, folder } = await createRunFolder(options.runsFolder, scenario.name, startedAtMs);
  const follows = scenario.load.filter((load): load is FollowLoad => load.kind === 'follow');
  const notes = [...options.notes];
  const samples: Sample[] = [];
  const series = createSeriesStore();

  await using cleanup = new Cleanup();
  // Added first, so that it runs last: what the children printed is complete then, also when the run did not start.
  cleanup.add('redaction', () => redactOutput(folder));
  const telemetry = cleanup.use('the telemetry receiver', await startTelemetryReceiver(series));
  const starting = (what: string): void => options.onProgress({ kind: 'starting', what });
  const world = cleanup.use(
    'the world',
    await startLocalWorld({
      ...{
        parts: scenario.world.parts,
        corpus: scenario.world.corpus,
        seed,
        target,
        defect: options.defect,
        runId: id,
        runFolder: folder,
      },
      ...{ stateFolder: options.stateFolder, otlpUrl: telemetry.url, leaseMs, clock, signal, onProgress: starting },
    }),
  );
  const leases = cleanup.use(
    'the leases',
    renewLeases(clock, world, (note) => notes.push(note)),
  );
  starting('storing the corpus');
  const corpus = await makeCorpus(scenario.world.corpus, seed);
  await storeCorpus(clock, target, world.target.baseUrl, corpus, signal);

  const originMs = clock.now() + 200;
  for (const part of world.parts) await part.admin('POST', '/start', { originMs });
  const observers = cleanup.use(
    'the observers',
    startObservers(clock, {
      specs: scenario.world.parts,
      world,
      target,
      followed: follows.map((load) => load.part),
      series,
    }),
  );
  await startFollowing(target, world.target.baseUrl, follows, signal);
  const sender = { clock, fetch, baseUrl: world.target.baseUrl, originMs };
  const loadEnding = new AbortController();
  const loading = drive({
    ...{
      sender,
      operations: target.operations,
      corpus,
      schedules: loadSchedules(scenario, plan),
      signal: AbortSignal.any([signal, loadEnding.signal]),
    },
    onSample: (sample) => samples.push(sample),
    onAcknowledged: (item) => observers.ledger.acknowledge(item),
  });
  cleanup.add('the load', async () => {
    loadEnding.abort();
    await loading;
  });
  const traffic = (): Promise<LinkTraffic[]> => Promise.all(world.links.map((link) => link.traffic()));
  let before: LinkTraffic[] = [];
  let baselineTraffic: RunRecord['baselineTraffic'] = [];
  const receipts = await conduct({
    ...{ clock, plan, access: world, originMs, leaseMs, signal },
    onPhase: (phase) => options.onProgress({ kind: 'phase', phase, plan }),
    onBaseline: async (edge) => {
      if (edge === 'start') before = await traffic();
      else baselineTraffic = carriedSince(before, await traffic());
    },
    healAll: () => world.healAll(),
    onNote: (note) => notes.push(note),
  });
  if (signal.aborted)
    await world.healAll().catch((cause: unknown) => notes.push(`Not everything could be healed: ${messageOf(cause)}`));
  await loading;
  const evidence = await evidenceOf({
    options,
    plan,
    id,
    startedAtMs,
    originMs,
    receipts,
    baselineTraffic,
    samples,
    series,
    observers,
    world,
    notes,
  });
  await leases.stop();
  await cleanup.stop();
  const record: RunRecord = { ...evidence.record, verdict: judgeRun(evidence) };
  const run: StoredRun = { folder, record, samples: evidence.samples, calls: evidence.calls };
  await storeRun(run);
  return { kind: 'judged', run };
}

/** What each link has carried since `before`; connections count from the start, since they are kept open. */
function carriedSince(before: readonly LinkTraffic[], now: readonly LinkTraffic[]): RunRecord['baselineTraffic'] {
  return now.map((link) => {
    const earlier = before.find((other) => other.name === link.name);
    return {
      ...link,
      variables: [...link.variables],
      bytesToPart: link.bytesToPart - (earlier?.bytesToPart ?? 0),
      bytesFromPart: link.bytesFromPart - (earlier?.bytesFromPart ?? 0),
    };
  });
}

/** Keeps every lease of the world alive; when this process dies, nobody does, and the faults end by themselves. */
function renewLeases(
  clock: ReturnType<typeof systemClock>,
  world: { renewLeases(): Promise<void> },
  onNote: (note: string) => void,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await world.renewLeases().catch((cause: unknown) => onNote(`Leases could not be renewed: ${String(cause)}`));
      await clock.sleep(renewEveryMs, ending.signal).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      ending.abort();
      await loop;
    },
  };
}
