import { expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { Owners } from '../../../harness/world/simulated/owners.ts';
import { openSimulatedHost } from '../../../harness/world/simulated/simulated-host.ts';
import { WatchedCalls } from '../../../harness/world/simulated/watched-calls.ts';
import type { CreatePart, PartSpec } from '../../../harness/world/types.ts';
import { smallTarget } from '../../run/small-world.ts';

const spec: PartSpec = {
  ...{ name: 'crm', role: 'source', protocol: 'http', module: 'crm.ts', settings: {}, variables: {} },
};
const createPart: CreatePart = () => Promise.resolve({ fetch: () => new Response('here') });

it('lets a part close what has been idle for 75 seconds, as in the local world, and not before', async () => {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  const ground = { clock, network, owners: new Owners(), calls: new WatchedCalls(clock, network) };
  const { signal } = new AbortController();
  const host = openSimulatedHost(
    {
      ...{ parts: [spec], corpus: { module: 'corpus.ts', documents: 1 }, seed: 1, target: smallTarget() },
      ...{ defect: null, otlpUrl: null, leaseMs: 5000, signal },
    },
    {
      ...ground,
      createTarget: () => Promise.reject(new Error('no target is started here')),
      createPart: new Map([[spec.module, createPart]]),
    },
  );
  const part = await host.startPart(spec, signal);
  const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort });
  const upstream = `${part.host}:${part.port}`;
  const { listen } = await registry.create({
    ...{ name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] },
  });
  const connectionsAfter = async (idleMs: number): Promise<number | undefined> => {
    await clock.advance(idleMs);
    await (await network.fetch(`http://${listen}/`)).text();
    return registry.traffic()['link']?.connections;
  };
  expect(await connectionsAfter(0)).toBe(1);
  expect(await connectionsAfter(74_999)).toBe(1);
  expect(await connectionsAfter(75_001)).toBe(2);
  await host.stop();
});
