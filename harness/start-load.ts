import type { Experiment } from './experiment.ts';
import type { Observers } from './gather.ts';
import { drive } from './load/drive.ts';
import type { FollowLoad } from './load/types.ts';
import { loadSchedules } from './plan.ts';
import { startFollowing } from './prepare.ts';
import type { SetUp } from './set-up.ts';

export interface RunningLoad {
  /** Resolves when everything has been sent and answered or given up on. */
  readonly ended: Promise<void>;
  /** Sends nothing more and gives up on what is open. */
  stop(): Promise<void>;
}

/** Tells the target what to follow and sends what the plan says, from the origin on. */
export async function startLoad(
  experiment: Experiment,
  { world, originMs }: Pick<SetUp, 'world' | 'originMs'>,
  observers: Observers,
): Promise<RunningLoad> {
  const { options, plan, clock, surroundings, corpus, samples } = experiment;
  const { fetch } = surroundings;
  const { scenario, target, signal } = options;
  const { baseUrl } = world.target;
  const follows = scenario.load.filter((load): load is FollowLoad => load.kind === 'follow');
  await startFollowing({ clock, fetch }, target, baseUrl, follows, signal);
  const ending = new AbortController();
  const ended = drive({
    sender: { clock, fetch, baseUrl, originMs },
    ...{ operations: target.operations, corpus, schedules: loadSchedules(scenario, plan) },
    signal: AbortSignal.any([signal, ending.signal]),
    onSample: (sample) => samples.push(sample),
    onAcknowledged: (item) => observers.ledger.acknowledge(item),
  });
  const stop = async (): Promise<void> => {
    ending.abort();
    await ended;
  };
  return { ended, stop };
}
