import { afterEach, beforeEach, expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { Host } from '../../harness/world/host.ts';
import type { StartedProxy } from '../../harness/world/links.ts';
import { openLocalHost } from '../../harness/world/local-host.ts';
import { SimulatedNetwork } from '../../harness/world/simulated/network.ts';
import { Owners } from '../../harness/world/simulated/owners.ts';
import { openSimulatedHost } from '../../harness/world/simulated/simulated-host.ts';
import { WatchedCalls } from '../../harness/world/simulated/watched-calls.ts';
import { startWorld } from '../../harness/world/start-world.ts';
import type { WorldOptions } from '../../harness/world/world-options.ts';
import { createPart } from './support/plain-part.ts';
import { httpPart, temporaryFolder, worldOptions } from './support/test-world.ts';

const part = httpPart('crm');
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** What is left to chance at a toxic that is done to half of the connections of a link. */
interface Decisions {
  /** Of the next forty connections, before there is any. */
  readonly planned: readonly object[];
  /** Of twelve, after they have been, and which of them were reset. */
  readonly taken: readonly object[];
  readonly resets: string;
}

/** @param sendAnew as `fetch`, each call on a connection of its own */
async function decisionsIn(
  options: WorldOptions,
  openHost: () => Promise<Host>,
  sendAnew: typeof fetch,
): Promise<Decisions> {
  let proxy: StartedProxy | undefined;
  const world = await startWorld(options, async () => {
    const host = await openHost();
    return { ...host, startProxy: async (signal) => (proxy = await host.startProxy(signal)) };
  });
  try {
    const call = async (path: string, body?: object): Promise<Record<string, unknown>> => {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await sendAnew(`${proxy?.url ?? ''}${path}`, init);
      return (await response.json()) as Record<string, unknown>;
    };
    await call('/gameday/decisions', { on: true });
    const reset = { type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } } as const;
    await world.link('crm').addToxic({ ...reset, name: 'half', toxicity: 0.5 });
    const { decisions: planned } = await call('/gameday/plan/crm/half?connections=40');
    const { listen } = await call('/proxies/crm');
    let resets = '';
    for (let count = 0; count < 12; count++) {
      const asking = sendAnew(`http://${String(listen)}/`).then((response) => response.text());
      resets += await asking.then(
        () => '.',
        () => 'x',
      );
    }
    const { decisions: taken } = await call('/gameday/decisions/crm/half');
    return { planned: planned as object[], taken: taken as object[], resets };
  } finally {
    await world.stop();
  }
}

function inLocalWorld(seed: number): Promise<Decisions> {
  const options = worldOptions(folder.path, { parts: [part], seed, runId: `run-${seed}` });
  const sendAnew: typeof fetch = (input, init) => fetch(input, { ...init, headers: { connection: 'close' } });
  return decisionsIn(options, () => openLocalHost(options), sendAnew);
}

function inSimulatedWorld(seed: number): Promise<Decisions> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  const options = worldOptions(folder.path, { parts: [part], seed });
  const ground = {
    ...{ clock, network, owners: new Owners(), calls: new WatchedCalls(clock, network) },
    createTarget: () => Promise.resolve({ fetch: () => new Response('ready'), stop: () => Promise.resolve() }),
    createPart: new Map([[part.module, createPart]]),
  };
  const openHost = (): Promise<Host> => Promise.resolve(openSimulatedHost(options, ground));
  return clock.run(decisionsIn(options, openHost, (input, init) => network.openClient().fetch(input, init)));
}

it('one seed of a world means the same decisions of its links in both, and another seed others', async () => {
  const local = await inLocalWorld(5);
  expect([local.planned.length, local.taken.length]).toEqual([40, 12]);
  expect(local.resets).toMatch(/^(?=.*x)(?=.*\.)/);
  expect(await inSimulatedWorld(5)).toEqual(local);
  const other = await inSimulatedWorld(6);
  expect(other.planned).not.toEqual(local.planned);
  expect(await inLocalWorld(6)).toEqual(other);
});
