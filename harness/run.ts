import { watchBaseline } from './baseline-traffic.ts';
import { conduct } from './conduct.ts';
import { evidenceOf } from './evidence.ts';
import { openExperiment, type Experiment, type RunOptions } from './experiment.ts';
import { startObservers } from './gather.ts';
import { judgeRun } from './judge/index.ts';
import type { Evidence } from './judge/types.ts';
import { messageOf, wholeMessageOf } from './kit/errors.ts';
import { Cleanup } from './kit/lifecycle.ts';
import { reasonToSkip } from './prepare.ts';
import type { RunRecord } from './record.ts';
import { createRunFolder, redactOutput, storeRun, type StoredRun } from './run-folder.ts';
import { leaseMs, setUp } from './set-up.ts';
import { startLoad } from './start-load.ts';
import { explainStuck, tellStuck } from './stuck-run.ts';
import { describeThrown, describeUnsettled } from './unsettled-notes.ts';
import { checkTargetFits } from './what-a-world-can.ts';

export type RunResult =
  | { readonly kind: 'judged'; readonly run: StoredRun }
  | { readonly kind: 'skipped'; readonly scenario: string; readonly reason: string };

/** One experiment, from the scenario to the stored record with its verdict. */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { scenario, target } = options;
  checkTargetFits(target, options.world);
  const reason = reasonToSkip(scenario, target, options.world);
  if (reason !== null) return { kind: 'skipped', scenario: scenario.name, reason };

  const experiment = await openExperiment(options, (startedAtMs) =>
    createRunFolder(options.runsFolder, scenario.name, startedAtMs),
  );
  const { folder, surroundings } = experiment;
  const evidence = await surroundings
    .during(
      () => perform(experiment),
      (cause) => tellStuck(cause, experiment),
    )
    .catch((cause: unknown) => {
      throw explainStuck(cause, experiment);
    })
    // What the children printed is complete now, also when the run did not start.
    .finally(() => redactOutput(folder));
  const record: RunRecord = { ...evidence.record, verdict: judgeRun(evidence) };
  const run = await storeRun({ folder, record, samples: evidence.samples, calls: evidence.calls });
  return { kind: 'judged', run };
}

/** World, load and faults, from the first process to the last; what was seen of them. */
export async function perform(experiment: Experiment): Promise<Evidence> {
  const { options, clock, plan, notes, trail } = experiment;
  const { signal } = options;
  await using cleanup = new Cleanup();
  trail.note('starting the world');
  const { world, written, originMs } = await setUp(experiment, cleanup);
  trail.originMs = originMs;
  const observers = cleanup.use('the observers', startObservers(experiment, world));
  for (const item of written) observers.ledger.acknowledge({ ...item, atMs: item.atMs - originMs });
  const load = cleanup.use('the load', await startLoad(experiment, { world, originMs }, observers));
  const baseline = watchBaseline(world.links);
  const receipts = await conduct({
    ...{ clock, plan, access: world, originMs, leaseMs, signal },
    onPhase: (phase) => options.onProgress({ kind: 'phase', phase, plan }),
    onBaseline: (edge) => baseline.onBaseline(edge),
    healAll: () => world.healAll(),
    onNote: (note) => notes.push(note),
  });
  if (signal.aborted)
    await world.healAll().catch((cause: unknown) => notes.push(`Not everything could be healed: ${messageOf(cause)}`));
  trail.note('waiting for the load to end');
  await load.ended;

  trail.note('collecting what was seen');
  const evidence = await evidenceOf(experiment, {
    ...{ world, observers, originMs, receipts, baselineTraffic: baseline.carried() },
  });
  // What could not be stopped is said; it takes nothing away from what was seen.
  trail.note('stopping the load, the observers and the world');
  await cleanup.stop().catch((cause: unknown) => notes.push(wholeMessageOf(cause)));
  const { activity } = experiment.surroundings;
  notes.push(...describeThrown(activity.thrown()));
  const left = describeUnsettled(activity.leftBehind(), originMs);
  notes.push(...left.map((line) => `Left behind at the end: ${line}.`));
  return evidence;
}
