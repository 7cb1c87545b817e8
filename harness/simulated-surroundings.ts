import { systemClock } from './kit/clock.ts';
import { withDeadline } from './kit/deadline.ts';
import { GamedayError, messageOf } from './kit/errors.ts';
import { isOwnCaller } from './kit/own-callers.ts';
import { seededRandom } from './kit/random.ts';
import { VirtualClock } from './kit/virtual-clock.ts';
import { withVirtualGlobals } from './kit/virtual/virtual-globals.ts';
import { watchdogOfProcess } from './kit/virtual/watchdog.ts';
import { telemetryHandler } from './observe/telemetry-receiver.ts';
import { startWorld } from './world/start-world.ts';
import type { Surroundings } from './surroundings.ts';
import type { TargetConfig } from './world/target.ts';
import { checkTargetFits } from './what-a-world-can.ts';
import type { CreatePart, CreateTarget, PartSpec } from './world/types.ts';
import { LightHeaders } from './world/simulated/light-headers.ts';
import { TakingLightRequests } from './world/simulated/light-request.ts';
import { LightResponse } from './world/simulated/light-response.ts';
import { SimulatedNetwork } from './world/simulated/network.ts';
import { Owners } from './world/simulated/owners.ts';
import { WatchedCalls } from './world/simulated/watched-calls.ts';
import { openSimulatedHost } from './world/simulated/simulated-host.ts';

/** For starting, for answers that are still awaited and for stopping; whatever takes longer does not end. */
const reserveMs = 600_000;

/** How long it may take to load a target, in real time. */
const loadWithinMs = 30_000;

/** When every simulation begins, so that equal seeds see equal dates: 2026-01-01, a Thursday. */
const beginningMs = Date.UTC(2026, 0, 1);

/** Set in the environment, it makes every call of our own code to the globals an error. For tests: it costs a stack for each call of anybody. */
const checkOwnCalls = 'GAMEDAY_CHECK_OWN_CALLS';

/**
 * Functions in this process, in virtual time. Imports everything that the run will need.
 *
 * @throws GamedayError `bad-config` when a part or the target is no function
 */
export async function simulatedSurroundings(settings: {
  readonly parts: readonly PartSpec[];
  readonly target: TargetConfig;
  readonly seed: number;
  /** How long the load lasts. Milliseconds. */
  readonly durationMs: number;
  /** Whether the seed decides the order of what is ready at the same time; else it is the order in which it was asked for. */
  readonly interleave: boolean;
  /** Interrupts the experiment. */
  readonly signal: AbortSignal;
}): Promise<Surroundings> {
  const { parts, target, seed, durationMs, interleave, signal } = settings;
  const createTarget = await loadTarget(target);
  const createPart = new Map(
    await Promise.all(parts.map(async (spec) => [spec.module, await loadPart(spec)] as const)),
  );
  const order = seededRandom(seed).fork('interleave');
  const watchdog = watchdogOfProcess();
  const { turns } = watchdog;
  const clock = new VirtualClock(beginningMs, { turns, ...(interleave ? { interleave: () => order.next() } : {}) });
  const network = new SimulatedNetwork(clock);
  const calls = new WatchedCalls(clock, network);
  const owners = new Owners();
  const random = seededRandom(seed).fork('globals');
  return {
    ...{ name: 'simulated', clock, fetch: network.fetch, activity: calls },
    during: (experiment, tellStuck = String) => {
      const settings = {
        ...{ clock, random, signal, limitMs: durationMs + reserveMs },
        ...{ timers: owners.clock(clock), fetch: owners.fetch(network.fetch), onEnd: (how: string) => owners.end(how) },
        web: { Headers: LightHeaders, Request: TakingLightRequests, Response: LightResponse },
        ...(process.env[checkOwnCalls] === undefined ? {} : { isHandedAll: isOwnCaller }),
      };
      return watchdog.watch(tellStuck, () => withVirtualGlobals(settings, experiment));
    },
    receiveTelemetry: (series) => {
      const address = network.listen(telemetryHandler(series));
      const stop = (): Promise<void> => {
        network.unlisten(address);
        return Promise.resolve();
      };
      return Promise.resolve({ url: `http://${address}`, stop });
    },
    startWorld: (options) =>
      startWorld({ ...options, target: asStarted(options.target) }, () =>
        Promise.resolve(openSimulatedHost(options, { clock, network, owners, calls, createTarget, createPart })),
      ),
  };
}

/** However its process is started, or running already: as a function it is started here, and listens where it is told to. */
function asStarted(target: TargetConfig): TargetConfig {
  return { ...target, start: { kind: 'command', command: [] } };
}

async function loadTarget(target: TargetConfig): Promise<CreateTarget> {
  checkTargetFits(target, 'simulated');
  const loading = async (): Promise<unknown> => target.inProcess?.();
  const limited = withDeadline(systemClock(), loading(), { what: 'it to resolve', limitMs: loadWithinMs });
  const loaded = await limited.catch((cause: unknown) => {
    throw new GamedayError('bad-config', `"inProcess" of ${target.name} failed: ${messageOf(cause)}`, { cause });
  });
  if (typeof loaded === 'function') return loaded as CreateTarget;
  throw new GamedayError(
    'bad-config',
    `"inProcess" of ${target.name} has to resolve to a function that makes the target, and resolves to ${loaded === null ? 'null' : `a value of type ${typeof loaded}`}.`,
  );
}

async function loadPart({ name, module }: PartSpec): Promise<CreatePart> {
  const loaded = (await import(module)) as { createPart?: CreatePart };
  if (!loaded.createPart)
    throw new GamedayError('bad-config', `The part "${name}" cannot be simulated: ${module} exports no createPart.`);
  return loaded.createPart;
}
