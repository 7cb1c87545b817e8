import { config } from '../../gameday.config.ts';
import type { Scenario } from '../../harness/index.ts';
import { openExperiment, type Experiment } from '../../harness/experiment.ts';
import { startObservers } from '../../harness/gather.ts';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { leaseMs, setUp } from '../../harness/set-up.ts';
import { withStandIns } from '../../harness/stand-ins.ts';
import type { TargetConfig } from '../../harness/world/target.ts';
import type { Figure } from './figure.ts';

/** What runs while nothing is asked: each has what those before it have. */
const levels = [
  'parts and proxy',
  'parts, proxy and target',
  'with telemetry and leases',
  'with all observers',
] as const;
type Level = (typeof levels)[number];

/** A target that waits to be asked. */
const still: TargetConfig = {
  ...config,
  inProcess: () =>
    Promise.resolve(() => ({ fetch: () => Response.json({ status: 'ok' }), stop: () => Promise.resolve() })),
};

const measuredMs = 600_000;
const profiledMs = 60_000;

/** A world in which everything has started and nobody asks anything: how fast its time goes by, and who sets its timers. */
export async function measureIdleWorld(scenario: Scenario, say: (line: string) => void): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const level of levels) {
    const { speed, timersPerSecond, owners } = await idle(scenario, level);
    // The world is what surrounds the target: what the target and the observers do at intervals of their own is work that somebody does.
    const bar = level === 'parts and proxy' ? { bar: { atLeast: 100_000 } } : {};
    figures.push(
      { name: `virtual seconds per second: ${level}`, value: speed, unit: 'x', ...bar },
      { name: `timers per virtual second: ${level}`, value: timersPerSecond, unit: '/s' },
    );
    say(`  ${level}:`);
    for (const owner of owners) say(`    ${owner}`);
  }
  return figures;
}

interface Idle {
  readonly speed: number;
  readonly timersPerSecond: number;
  readonly owners: readonly string[];
}

async function idle(scenario: Scenario, level: Level): Promise<Idle> {
  const experiment = await openExperiment(
    {
      ...{
        scenario: withStandIns(scenario),
        target: level === 'parts and proxy' ? still : config,
        seed: 1,
        pace: 'full',
        defect: null,
        world: 'simulated',
      },
      ...{ signal: new AbortController().signal, notes: [], stateFolder: '', runsFolder: '', command: '' },
      onProgress: () => undefined,
    },
    () => Promise.resolve({ id: 'idle', folder: '' }),
  );
  // Real time, kept from before it is replaced.
  const realMs = performance.now.bind(performance);
  return experiment.surroundings.during(async () => {
    await using cleanup = new Cleanup();
    await start(experiment, level, cleanup);
    const { clock } = experiment;
    await clock.sleep(profiledMs);
    const timers = noteTimers(experiment);
    await clock.sleep(profiledMs);
    timers.stop();
    const began = realMs();
    await clock.sleep(measuredMs);
    return {
      speed: measuredMs / (realMs() - began),
      timersPerSecond: (timers.count() * 1000) / profiledMs,
      owners: timers.owners(),
    };
  });
}

async function start(experiment: Experiment, level: Level, cleanup: Cleanup): Promise<void> {
  const { options, surroundings } = experiment;
  const { scenario, target, seed, signal } = options;
  if (level === 'parts and proxy' || level === 'parts, proxy and target') {
    const world = { parts: scenario.world.parts, corpus: scenario.world.corpus, seed, target, defect: null };
    const place = { runId: 'idle', runFolder: '', stateFolder: '' };
    cleanup.use('the world', await surroundings.startWorld({ ...world, otlpUrl: null, leaseMs, signal }, place));
    return;
  }
  const { world } = await setUp(experiment, cleanup);
  if (level === 'with all observers') cleanup.use('the observers', startObservers(experiment, world));
}

/** Counts the timers that are set, by who sets them and for how long. */
function noteTimers({ clock }: Experiment): { count(): number; owners(): readonly string[]; stop(): void } {
  const setTimer = clock.setTimer.bind(clock);
  const counts = new Map<string, number>();
  clock.setTimer = (callback, delayMs) => {
    const owner = `${ownerOf(new Error().stack ?? '')}, for ${Math.round(delayMs)} ms`;
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
    return setTimer(callback, delayMs);
  };
  return {
    count: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    owners: () =>
      [...counts]
        .toSorted(([, left], [, right]) => right - left)
        .slice(0, 8)
        .map(([owner, count]) => `${((count * 1000) / profiledMs).toFixed(2)} per second by ${owner}`),
    stop: () => void (clock.setTimer = setTimer),
  };
}

/** The first place outside the clock, the timers of the platform and this file. */
function ownerOf(stack: string): string {
  const lines = stack.split('\n').slice(1);
  const line = lines.find(
    (text) => !/bench-sim|kit\/virtual|kit\/clock|kit\/deadline|node:internal|new Promise/.test(text),
  );
  return /((?:harness|fakes|node_modules|scripts)\/[^)]+)/.exec(line ?? '')?.[1] ?? 'the platform';
}
