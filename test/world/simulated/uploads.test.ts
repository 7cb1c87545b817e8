import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { anyKinds } from '../../../harness/proxy/kinds.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { LightRequest } from '../../../harness/world/simulated/light-request.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { Owners } from '../../../harness/world/simulated/owners.ts';
import { SimulatedProcess } from '../../../harness/world/simulated/simulated-process.ts';
import { withDefaults } from '../../proxy/http/edge-bench.ts';
import { causeCode } from './cause-code.ts';

const text = 'x'.repeat(30_000);
/** What the server has had, and when. */
let seen: string[];
let clock: VirtualClock;
let network: SimulatedNetwork;
let registry: Registry;

beforeEach(() => {
  seen = [];
  clock = new VirtualClock();
  network = new SimulatedNetwork(clock);
  open(1);
});

function open(seed: number): void {
  registry = new Registry({ clock, random: seededRandom(seed), log: () => undefined, openPort: network.openPort });
}

async function linkTo(upstream: string): Promise<string> {
  const request = { name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] };
  return `http://${(await registry.create(request)).listen}`;
}

function add(type: string, attributes: Record<string, number>): void {
  const kind = anyKinds.find((one) => one.type === type);
  if (!kind) throw new Error(`no toxic ${type}`);
  const request = { kind, name: type, stream: 'upstream', direction: 'upstream', toxicity: 1 } as const;
  registry.addToxic('link', { ...request, attributes: withDefaults(kind, attributes) });
}

const post = (url: string, body = text): Promise<string> =>
  network.fetch(url, { method: 'POST', body, headers: { 'x-kept': 'yes' } }).then(
    async (response) => `${response.status} ${await response.text()}`,
    (cause: unknown) => String(causeCode(cause)),
  );

/** Says how much it has been sent. */
async function receiving(request: Request): Promise<Response> {
  const end = await request.text().then(
    (all) => `${all.length} bytes`,
    (cause: unknown) => (cause as { code?: string }).code,
  );
  seen.push(`${end} at ${clock.now()}`);
  return new Response(end);
}

describe('a request that is sent over a simulated link', () => {
  it('is handed over as it is while nothing is done to its way, and comes bit by bit from then on', async () => {
    const isBitByBit: boolean[] = [];
    const url = await linkTo(
      network.listen((request) => {
        isBitByBit.push(LightRequest.arriving(request) !== undefined);
        return receiving(request);
      }),
    );
    expect(await clock.run(post(url))).toBe('200 30000 bytes');
    add('noop', {});
    expect(await clock.run(post(url))).toBe('200 30000 bytes');
    expect(isBitByBit).toEqual([false, true]);
    expect(registry.traffic()['link']).toMatchObject({ connections: 1, bytesUpstream: 2 * (256 + 30_000) });
  });

  it('has the type that its body gives it, whatever is done to its bytes', async () => {
    const types: (string | null)[] = [];
    const url = await linkTo(
      network.listen(({ headers }) => {
        types.push(headers.get('content-type'));
        return new Response('');
      }),
    );
    const bodies = ['text', new URLSearchParams({ a: 'b' }), new Blob(['blob'], { type: 'a/b' })];
    const sendAll = async (): Promise<void> => {
      for (const body of bodies) await (await network.fetch(url, { method: 'POST', body })).text();
    };
    await clock.run(sendAll());
    add('noop', {});
    await clock.run(sendAll());
    expect(types.slice(3)).toEqual(types.slice(0, 3));
    expect(types).toContain('a/b');
  });

  it('has the head that was sent where bytes of it are changed, and it can still be read as one', async () => {
    const heads: unknown[] = [];
    const upstream = network.listen(({ method, url, headers }) => {
      heads.push([method, new URL(url).pathname, headers.get('x-kept')]);
      return new Response('');
    });
    let changed = 0;
    for (let seed = 1; heads.length < 10; seed++) {
      open(seed);
      const url = await linkTo(upstream);
      add('corrupt', { rate: 0.01 });
      expect(await clock.run(post(`${url}/path`, ''))).toMatch(/^(?:200|400) $/);
      changed += registry.account('link', 'corrupt').bytesCorrupted;
    }
    expect(changed).toBeGreaterThan(10);
    expect(heads).toEqual(Array.from({ length: 10 }, () => ['POST', '/path', 'yes']));
  });

  it('waits behind what is left of the one before, where that was answered before its end', async () => {
    const url = await linkTo(
      network.listen((request) => {
        seen.push(`${new URL(request.url).pathname} at ${clock.now()}`);
        return new Response('');
      }),
    );
    add('bandwidth', { rate: 100 });
    const both = async (): Promise<void> => {
      await post(`${url}/first`);
      await post(`${url}/second`);
    };
    await clock.run(both());
    // Each comes in pieces of 10,000 bytes, the second one behind all 30,256 of the first.
    expect(seen).toEqual(['/first at 100', '/second at 403']);
    expect(registry.traffic()['link']?.connections).toBe(1);
  });

  it('goes on in pieces of 64 KiB at most, as it is read from a socket', async () => {
    const url = await linkTo(network.listen(receiving));
    registry.keepDecisions(100);
    add('packet_loss', { loss_rate: 1, correlation: 0 });
    const large = post(url, text.repeat(10));
    await clock.advance(1000);
    await registry.update('link', { enabled: false });
    expect(await clock.run(large)).toBe('UND_ERR_SOCKET');
    const decisions = registry.decisions('link', 'packet_loss')?.list() ?? [];
    const places = decisions.filter(({ what }) => what === 'loss').map(({ place }) => place);
    expect(places).toEqual([0, 1, 2, 3, 4].map((number) => number * 65_536));
    expect(registry.account('link', 'packet_loss').bytesDropped).toBe(300_256);
    expect(seen).toEqual([]);
  });
});

describe('a process whose request comes bit by bit', () => {
  const address = '127.0.0.1:1';
  async function started(): Promise<{ process: SimulatedProcess; url: string }> {
    const owners = new Owners();
    const process = new SimulatedProcess({
      ...{ clock, network, owners, address },
      create: () => Promise.resolve({ fetch: receiving, stop: () => Promise.resolve() }),
    });
    await process.start();
    const url = await linkTo(address);
    add('bandwidth', { rate: 100 });
    return { process, url };
  }

  it('hears of what has come while it was paused when it is resumed', async () => {
    const { process, url } = await started();
    clock.setTimer(() => void process.pause(), 150);
    clock.setTimer(() => void process.resume(), 500);
    expect(await clock.run(post(url))).toBe('200 30000 bytes');
    expect(seen).toEqual(['30000 bytes at 500']);
  });

  it('hears nothing once it is dead', async () => {
    const { process, url } = await started();
    clock.setTimer(() => void process.kill(), 150);
    expect(await clock.run(post(url))).toBe('UND_ERR_SOCKET');
    await clock.advance(1000);
    expect(seen).toEqual([]);
  });

  it('sees that it breaks off in the middle', async () => {
    const { url } = await started();
    clock.setTimer(() => void registry.update('link', { enabled: false }), 150);
    expect(await clock.run(post(url))).toBe('UND_ERR_SOCKET');
    await clock.advance(1000);
    expect(seen).toEqual(['ECONNRESET at 150']);
  });
});
