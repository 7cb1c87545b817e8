import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Connection } from '../../harness/proxy/connection.ts';
import type { ConnectionDecision } from '../../harness/proxy/decision-log.ts';
import type { OpenPort, PortSettings } from '../../harness/proxy/port.ts';
import { createProxyCore } from '../../harness/proxy/proxy-core.ts';
import type { Rehearsed } from '../../harness/proxy/rehearsal.ts';
import type { Side } from '../../harness/proxy/side.ts';
import { End } from './http/edge-bench.ts';

/** An end of a connection that is no socket. */
class Wire extends End implements Side {
  readonly connecting = false;
  readonly readableEnded = false;
  readonly writableFinished = false;

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  resetAndDestroy(): void {
    this.destroy();
  }
}

const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
/** A request that the toxic that is looked at is not for. */
const unmatched = request.replace('/', '/other');

/** A proxy server whose ports are no ports, in virtual time. */
class World {
  readonly clock = new VirtualClock();
  readonly #handle: (request: Request) => Response | Promise<Response>;
  #last: PortSettings | undefined;
  readonly #ports = new Map<string, PortSettings>();

  constructor(seed: number) {
    const openPort: OpenPort = (settings) => {
      this.#last = settings;
      return Promise.resolve({ address: settings.listen, turn: () => Promise.resolve(), close: () => undefined });
    };
    const random = seededRandom(seed);
    this.#handle = createProxyCore({ clock: this.clock, random, log: () => undefined, openPort }).handle;
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#handle(
      new Request(`http://proxy${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async proxy(name: string): Promise<void> {
    await this.call('POST', '/proxies', { name, listen: `127.0.0.1:${this.#ports.size + 1}`, upstream: '127.0.0.1:9' });
    if (this.#last) this.#ports.set(name, this.#last);
  }

  /** The client's end of a new connection. The server answers what comes to it, where that is a request. */
  connect(proxy: string): Wire {
    const [client, server] = [new Wire(), new Wire()];
    server.onChunk = (chunk) => {
      if (chunk.includes('HTTP/1.1')) server.say(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    };
    this.#ports.get(proxy)?.accept((context) => new Connection({ ...context, client, upstream: server }));
    server.emit('connect');
    return client;
  }
}

interface Chance {
  readonly type: string;
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number | string>>;
}

/** In hundredths: doubles as such are mostly next to nothing. */
const share = fc.nat({ max: 100 }).map((hundredths) => hundredths / 100);
const ms = fc.nat({ max: 50 });
const upstream = 'upstream' as const;
const ofBytes: fc.Arbitrary<Chance> = fc.oneof(
  fc.constant({ type: 'noop', stream: upstream, attributes: {} }),
  fc.record({ latency: ms, jitter: ms }).map((attributes) => ({ type: 'latency', stream: upstream, attributes })),
  fc
    .record({ loss_rate: share, correlation: share })
    .map((attributes) => ({ type: 'packet_loss', stream: upstream, attributes })),
  fc.integer({ min: 2, max: 60 }).chain((average) =>
    fc.record({ average_size: fc.constant(average), size_variation: fc.nat({ max: average - 1 }), delay: ms }).map((attributes) => ({ type: 'slicer', stream: upstream, attributes })),
  ), // prettier-ignore
  share.map((most) => most / 5).map((rate) => ({ type: 'corrupt', stream: upstream, attributes: { rate } })),
); // prettier-ignore
const ofRequests: fc.Arbitrary<Chance> = fc.oneof(
  fc.constant({ type: 'http_status', stream: 'downstream' as const, attributes: { path: '/' } }),
  fc.record({ latency: ms, jitter: ms, path: fc.constant('/') }).map((attributes) => ({ type: 'http_latency', stream: 'downstream' as const, attributes })), // prettier-ignore
);

/** What is done meanwhile: to a toxic behind the one that is looked at or in the other direction, or to another connection. Requests that it is not for come, too. */
const meddling = fc.oneof(
  fc.record({ kind: fc.constant('toxic' as const), of: fc.oneof(ofBytes, ofRequests), toxicity: share }),
  fc.constant({ kind: 'connection' as const }),
);
const plans = fc.record({
  ...{ seed: fc.nat(), toxicity: share, connections: fc.integer({ min: 1, max: 4 }) },
  ...{ chunks: fc.integer({ min: 1, max: 6 }), chunkBytes: fc.integer({ min: 20, max: 200 }) },
  meddled: fc.array(meddling, { minLength: 1, maxLength: 6 }),
  /** In which order it goes on the connections. */
  order: fc.nat(),
});
type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never;

/** The decisions that were taken on the first connections, in the order of these, and those that were foretold. */
async function decisionsOf(
  chance: Chance,
  plan: Plan,
  isMeddledWith: boolean,
): Promise<{ readonly taken: readonly ConnectionDecision[]; readonly foretold: readonly ConnectionDecision[] }> {
  const { seed, toxicity, connections, chunks, chunkBytes } = plan;
  const isHttp = chance.type.startsWith('http_');
  const world = new World(seed);
  for (const name of ['a', 'b']) await world.proxy(name);
  await world.call('POST', '/gameday/decisions', { on: true, limit: 10_000 });
  await world.call('POST', '/proxies/a/toxics', { ...chance, name: 'fault', toxicity });
  const query = `from=1&connections=${connections}&requests=${chunks}&bytes=${chunks * chunkBytes}&chunkBytes=${chunkBytes}`;
  const rehearsed = await world.call<Rehearsed>('GET', `/gameday/plan/a/fault?${query}`);
  const clients: Wire[] = [];
  const areAllOpen = (): boolean => clients.length === connections;
  const steps = isMeddledWith ? meddlingSteps(world, plan, { isHttp, areAllOpen }) : [];
  const left = Array.from({ length: connections }, () => chunks);
  const random = seededRandom(plan.order);
  while (left.some((count) => count > 0)) {
    await steps.shift()?.();
    // One after another, or as it comes; the next one is opened when it is first chosen.
    const open = [...left.entries()].filter(([index, count]) => count > 0 && index <= clients.length);
    const [index, count] = open[isMeddledWith ? random.integer(0, open.length - 1) : 0] ?? [0, 0];
    left[index] = count - 1;
    const client = (clients[index] ??= world.connect('a'));
    if (isHttp && isMeddledWith && random.integer(0, 1) === 0) {
      client.say(Buffer.from(unmatched));
      await world.clock.advance(1000);
    }
    client.say(isHttp ? Buffer.from(request) : Buffer.alloc(chunkBytes, 'x'));
    // Long enough for the answer to a request.
    await world.clock.advance(isHttp ? 1000 : 3);
  }
  await world.clock.advance(5000);
  const { decisions } = await world.call<{ decisions: readonly ConnectionDecision[] }>('GET', '/gameday/decisions/a/fault'); // prettier-ignore
  const taken = decisions
    .filter(({ connection }) => connection <= connections)
    .toSorted((one, other) => one.connection - other.connection);
  return { taken, foretold: rehearsed.decisions };
}

/** What is done meanwhile, one by one: each toxic comes, changes and goes. */
function meddlingSteps(
  world: World,
  { meddled, chunkBytes }: Plan,
  { isHttp, areAllOpen }: { readonly isHttp: boolean; readonly areAllOpen: () => boolean },
): (() => Promise<unknown>)[] {
  return meddled.flatMap((one, number): (() => Promise<unknown>)[] => {
    if (one.kind === 'connection') {
      const others: Wire[] = [];
      return [
        async () => {
          others.push(world.connect('b'));
          // The numbers of those that are looked at are to stay.
          if (areAllOpen()) others.push(world.connect('a'));
          for (const other of others) other.say(isHttp ? Buffer.from(request) : Buffer.alloc(chunkBytes));
        },
        async () => others.forEach((other) => other.destroy()),
      ];
    }
    const path = '/proxies/a/toxics';
    const { of, toxicity } = one;
    // Requests that bytes are lost of would not be requests any more.
    const own = isHttp ? { type: 'noop', stream: of.stream } : of;
    return [
      () => world.call('POST', path, { ...own, toxicity, name: `other${number}` }),
      () => world.call('PATCH', `${path}/other${number}`, { toxicity: 1 - toxicity }),
      () => world.call('DELETE', `${path}/other${number}`),
    ];
  });
}

it.each([
  ['bytes', ofBytes],
  ['requests', ofRequests],
])('what is left to chance of %s comes out as was foretold, whatever is done to other toxics, connections and requests', async (_name, chances) => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(chances, plans, async (chance, plan) => {
      const alone = await decisionsOf(chance, plan, false);
      const meddled = await decisionsOf(chance, plan, true);
      expect(alone.taken).toEqual(alone.foretold);
      expect(meddled).toEqual(alone);
      for (const { what } of alone.taken) seen.set(what, (seen.get(what) ?? 0) + 1);
    }),
    { numRuns: 150 },
  );
  const wanted = chances === ofBytes ? ['toxicity', 'jitter', 'loss', 'piece', 'flip'] : ['toxicity', 'jitter'];
  expect(wanted.filter((what) => (seen.get(what) ?? 0) < 10)).toEqual([]);
}, 120_000); // prettier-ignore
