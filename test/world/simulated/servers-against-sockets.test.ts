import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../harness/kit/clock.ts';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { causeCode } from './cause-code.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** What the system says of a name, without asking anybody. */
function systemSays(code: 'ENOTFOUND' | 'EAI_AGAIN'): void {
  const lookup = (hostname: string, _options: unknown, callback: (cause: Error) => void): void => {
    const failure = new Error(`getaddrinfo ${code} ${hostname}`);
    callback(Object.assign(failure, { code, errno: -1, syscall: 'getaddrinfo', hostname }));
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
}

/** All that the caller sees of a name that has no address. */
async function failureOf(send: typeof fetch): Promise<unknown> {
  const failure: unknown = await send('http://Nobody.Example/').catch((cause: unknown) => cause);
  if (!(failure instanceof TypeError)) throw new Error('It has not failed as fetch does.');
  const { name, message, code, syscall, hostname } = failure.cause as Error & Record<string, unknown>;
  return [failure.message, { name, message, code, syscall, hostname }];
}

describe('a name that has no address', () => {
  it.each(['ENOTFOUND', 'EAI_AGAIN'] as const)('fails as on sockets, with %s', async (error) => {
    systemSays(error);
    const network = new SimulatedNetwork(new VirtualClock());
    network.names.set('nobody.example', { answer: { error } });
    expect(await failureOf(network.fetch)).toEqual(await failureOf(fetch));
  });
});

describe('a server that takes one connection at a time', () => {
  interface World {
    readonly registry: Registry;
    readonly upstream: string;
    /** Each call on a connection of its own. */
    readonly send: typeof fetch;
    /** How many connections the server has. */
    readonly connections: () => Promise<number>;
  }
  /** When it may answer. */
  let answering: Promise<string>;

  async function onSockets(): Promise<World> {
    const server = createServer((_request, response) => void answering.then((text) => response.end(text)));
    server.maxConnections = 1;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = new Registry({ clock: systemClock(), random: seededRandom(1), log: () => undefined });
    cleanUps.push(
      () => registry.stop(),
      () => server.closeAllConnections(),
      () => server.close(),
    );
    const upstream = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const alone = { headers: { connection: 'close' } };
    return {
      registry,
      upstream,
      send: (input) => fetch(input, alone),
      connections: promisify(server.getConnections.bind(server)),
    };
  }

  function simulated(): World {
    const clock = new VirtualClock();
    const network = new SimulatedNetwork(clock);
    const handler = (): Promise<Response> => answering.then((text) => new Response(text));
    const upstream = network.listen(handler, undefined, { connections: 1, excess: 'is closed' });
    const { openPort } = network;
    const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort });
    const send: typeof fetch = async (input) => {
      const client = network.openClient();
      const response = await client.fetch(input);
      const text = await response.text();
      client.close();
      return new Response(text);
    };
    // Who has its answer has closed its connection.
    return { registry, upstream, send, connections: () => Promise.resolve(0) };
  }

  /** What three clients see: the second one comes while the first is served, the third one after that. */
  async function seenIn({ registry, upstream, send, connections }: World): Promise<readonly string[]> {
    let answer: (text: string) => void = () => undefined;
    answering = new Promise((resolve) => (answer = resolve));
    const proxy = { name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] };
    const { listen } = await registry.create(proxy);
    const get = (): Promise<string> =>
      send(`http://${listen}/`).then(
        (response) => response.text(),
        (cause: unknown) => String(causeCode(cause)),
      );
    const first = get();
    await vi.waitFor(() => expect(registry.traffic()['link']?.bytesUpstream).toBeGreaterThan(0));
    // Only when the second has its answer does the first get one.
    const second = await get();
    answer('whole');
    const seen = [await first, second];
    await vi.waitFor(async () => expect(await connections()).toBe(0));
    return [...seen, await get()];
  }

  it('closes the second one at once, as on sockets, and takes others when the first has gone', async () => {
    const expected = await seenIn(simulated());
    expect(expected).toEqual(['whole', 'UND_ERR_SOCKET', 'whole']);
    expect(await seenIn(await onSockets())).toEqual(expected);
  });
});
