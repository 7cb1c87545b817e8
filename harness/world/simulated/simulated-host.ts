import { Cleanup } from '../../kit/lifecycle.ts';
import { GamedayError } from '../../kit/errors.ts';
import { seededRandom, type Random } from '../../kit/random.ts';
import type { VirtualClock } from '../../kit/virtual-clock.ts';
import { connectProxyClient } from '../../proxy/client.ts';
import { createProxyCore } from '../../proxy/proxy-core.ts';
import { connectPart } from '../admin-client.ts';
import type { Address } from '../environment.ts';
import type { Host, RunningPart, RunningTarget } from '../host.ts';
import { partKeepAliveMs } from '../keep-alive.ts';
import type { StartedProxy, UndoNotes } from '../links.ts';
import type { CreatePart, CreateTarget, PartContext, PartSpec } from '../types.ts';
import type { WorldOptions } from '../world-options.ts';
import type { SimulatedNetwork } from './network.ts';
import type { Owners } from './owners.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { WatchedCalls } from './watched-calls.ts';

/** What the host stands on. All that has to be imported has been: importing takes real time. */
export interface SimulatedGround {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly owners: Owners;
  readonly calls: WatchedCalls;
  readonly createTarget: CreateTarget;
  /** By the URL of its module. */
  readonly createPart: ReadonlyMap<string, CreatePart>;
}

/** Nothing outlives this process, so nothing has to be undone by another. */
const nothingToUndo: UndoNotes = { fault: () => Promise.resolve(), undone: () => Promise.resolve() };

/** Everything runs as a function in this process, on one virtual clock and one network of functions. */
export function openSimulatedHost(options: WorldOptions, ground: SimulatedGround): Host {
  const { clock, network } = ground;
  const caller = { clock, fetch: network.fetch };
  const cleanup = new Cleanup();
  const random = seededRandom(String(options.seed));
  let launched: SimulatedProcess | undefined;
  return {
    ...{ caller, undo: nothingToUndo, stop: () => cleanup.stop() },
    startProxy: () => startProxy(options, ground, { random, cleanup }),
    startPart: (spec) => startPart(spec, options, ground, cleanup),
    trust: () => Promise.reject(new GamedayError('bad-config', 'The simulated world has no TLS.')),
    targetAddress: () => Promise.resolve(parsed(network.freeAddress())),
    launchTarget: async ({ environment, address }): Promise<RunningTarget> => {
      const control = new SimulatedProcess({
        ...{ clock, network, owners: ground.owners, calls: ground.calls, address: `${address.host}:${address.port}` },
        name: options.target.name,
        create: async (own, life) =>
          ground.createTarget({ environment, ...own, random: random.fork(life === 1 ? 'target' : `target/${life}`) }),
      });
      cleanup.add('the target', () => control.stop());
      await control.start();
      launched = control;
      return { died: () => control.died(), outputFile: null, control };
    },
    inhabitants: () => (launched ? [{ name: 'target', died: launched.died.bind(launched), output: null }] : []),
  };
}

async function startProxy(
  { leaseMs, onProgress }: WorldOptions,
  { clock, network }: SimulatedGround,
  { random, cleanup }: { random: Random; cleanup: Cleanup },
): Promise<StartedProxy> {
  const log = (line: string): void => onProgress?.(`the fault proxy: ${line}`);
  const { registry, lease, handle } = createProxyCore({ clock, random, log, openPort: network.openPort });
  cleanup.add('the fault proxy', async () => {
    lease.cancel();
    await registry.stop();
  });
  const url = `http://${network.listen(handle)}`;
  const client = connectProxyClient(url, { clock, fetch: network.fetch });
  await client.renew(leaseMs);
  return { client, url, pid: process.pid };
}

async function startPart(
  spec: PartSpec,
  { corpus, seed }: WorldOptions,
  { clock, network, owners, calls, createPart }: SimulatedGround,
  cleanup: Cleanup,
): Promise<RunningPart> {
  const { name, settings } = spec;
  const create = createPart.get(spec.module);
  if (!create) throw new GamedayError('bad-config', `The part "${name}" cannot be simulated: it has no handler.`);
  // As in its own process, so that one seed means the same in both worlds.
  const context: PartContext = { name, settings, corpus, seed, clock, random: seededRandom(seed).fork(name) };
  const part = await create(context);
  cleanup.add(name, async () => {
    await part.stop?.();
    await calls.leave(name);
  });
  const handler = calls.watch(name, (request) => owners.run(undefined, () => part.fetch(request)));
  const { host, port } = parsed(network.listen(handler, network.freeAddress(), { keepAliveMs: partKeepAliveMs }));
  return {
    spec,
    part: connectPart({
      name,
      pid: process.pid,
      adminPort: port,
      caller: { clock, fetch: network.fetch },
      undo: nothingToUndo,
    }),
    host,
    port,
  };
}

function parsed(address: string): Address {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname, port: Number(port) };
}
