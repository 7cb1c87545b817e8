import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import type { ListenLimits } from '../../../harness/world/simulated/listener.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { causeCode } from './cause-code.ts';

let clock: VirtualClock;
let network: SimulatedNetwork;
let registry: Registry;

beforeEach(() => {
  clock = new VirtualClock();
  network = new SimulatedNetwork(clock);
  registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort });
});

/** How a request ends that fails. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  return clock.run(work.then(() => 'no failure', causeCode));
}

describe('a simulated network', () => {
  it('refuses where nobody listens, and closes where nobody is behind the proxy', async () => {
    expect(await failure(network.fetch('http://127.0.0.1:9/'))).toBe('ECONNREFUSED');
    await registry.create({
      name: 'lost',
      listen: '127.0.0.1:4000',
      upstream: '127.0.0.1:9',
      enabled: true,
      toxics: [],
    });
    expect(await failure(network.fetch('http://127.0.0.1:4000/'))).toBe('UND_ERR_SOCKET');
  });

  it('has no address twice', async () => {
    const first = { name: 'first', listen: '127.0.0.1:0', upstream: '127.0.0.1:9', enabled: true, toxics: [] };
    const { listen } = await registry.create(first);
    const request = { ...first, name: 'again', listen };
    await expect(registry.create(request)).rejects.toThrow('address already in use');
  });
});

describe('names', () => {
  it('lead to addresses, and to others once they are changed', async () => {
    const [here, there] = [network.listen(() => new Response('here')), network.listen(() => new Response('there'))];
    network.names.set('store.example', { answer: { address: '127.0.0.1' } });
    const portOf = (address: string): string => address.split(':')[1] ?? '';
    const get = async (port: string): Promise<string> => (await network.fetch(`http://store.example:${port}/`)).text();
    expect([await get(portOf(here)), await get(portOf(there))]).toEqual(['here', 'there']);
    network.names.set('store.example', { answer: { address: '127.0.0.9' } });
    expect(await failure(get(portOf(here)))).toBe('ECONNREFUSED');
  });

  it('that nobody has are not found, localhost is known, and a server of names may be slow or down', async () => {
    expect(await failure(network.fetch('http://nobody.example/'))).toBe('ENOTFOUND');
    expect(await failure(network.fetch('http://localhost:9/'))).toBe('ECONNREFUSED');
    network.names.set('store.example', { answer: { error: 'EAI_AGAIN' }, afterMs: 3000 });
    expect(await failure(network.fetch('http://Store.Example/'))).toBe('EAI_AGAIN');
    expect(clock.now()).toBe(3000);
  });
});

describe('a server with limits', () => {
  /** A door to a server that answers after a second. */
  async function limited(limits: ListenLimits): Promise<string> {
    const upstream = network.listen(
      async () => {
        await clock.sleep(1000);
        return new Response('whole');
      },
      undefined,
      limits,
    );
    const proxy = await registry.create({
      ...{ name: 'limited', listen: '127.0.0.1:0', upstream },
      enabled: true,
      toxics: [],
    });
    return `http://${proxy.listen}`;
  }

  it('serves so many connections, lets others wait until one of those is closed, and answers what is more not at all', async () => {
    const door = await limited({ connections: 1, backlog: 1, keepAliveMs: 500 });
    const get = async (): Promise<string> => {
      const response = await network.fetch(`${door}/`);
      return `${await response.text()} at ${clock.now()}`;
    };
    const [first, second, third] = [get(), get(), failureAt(get())];
    expect(await clock.run(first)).toBe('whole at 1000');
    // The first is kept for half a second, then it is closed.
    expect(await clock.run(second)).toBe('whole at 2500');
    expect(await clock.run(third)).toEqual(['UND_ERR_SOCKET', 10_000]);
  });

  it('closes a connection on which nothing has been asked for some time, and not before', async () => {
    const door = await limited({ keepAliveMs: 500 });
    const get = async (): Promise<string> => (await network.fetch(`${door}/`)).text();
    await clock.run(get());
    await clock.advance(499);
    await clock.run(get());
    expect(registry.traffic()['limited']?.connections).toBe(1);
    await clock.advance(500);
    await clock.run(get());
    expect(registry.traffic()['limited']?.connections).toBe(2);
  });
});

/** How it ends, and when. */
function failureAt(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no failure',
    (cause: unknown) => [causeCode(cause), clock.now()],
  );
}
