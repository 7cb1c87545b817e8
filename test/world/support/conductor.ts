// A conductor to be killed: starts a world, keeps its leases, injects faults, then stops, and says how far it is.
import { systemClock } from '../../../harness/kit/clock.ts';
import { startLocalWorld } from '../../../harness/world/local-world.ts';
import { worldOptions } from './test-world.ts';

const [folder = '', runId = ''] = process.argv.slice(2);
const say = (line: string): void => void process.send?.(line);
const clock = systemClock();

say('begun');
const options = worldOptions(folder, { runId, runFolder: `${folder}/${runId}`, leaseMs: 1500, onProgress: say });
const world = await startLocalWorld(options);
const renew = (): void => void world.renewLeases().catch(() => undefined);
renew();
setInterval(renew, 400).unref();
say('up');
await world.part('crm').admin('PUT', '/faults/quota', { kind: 'quota', settings: {}, leaseMs: 1500 });
say('part fault');
await world
  .link('crm')
  .addToxic({ name: 'hole', type: 'timeout', stream: 'downstream', toxicity: 1, attributes: { timeout: 0 } });
say('link fault');
await clock.sleep(1000);
await world.healAll();
say('healed');
const stopping = world.stop();
say('stopping');
await stopping;
say('stopped');
await clock.sleep(60_000);
