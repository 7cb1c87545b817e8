import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../harness/kit/clock.ts';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { withDefaults } from '../../proxy/http/edge-bench.ts';
import { bedrockService } from '../../proxy/http/sdk/servers.ts';
import { httpToxicKinds } from '../../../harness/proxy/http/kinds/index.ts';
import { anyKinds } from '../../../harness/proxy/kinds.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { tooFarMs, twoAtATime, validTries, watchStall, type Timed } from './against-sockets.ts';

type Attributes = Record<string, number | string>;

/** What a client saw of one request, and when, in ms since it was sent. */
interface Seen {
  readonly status: number | undefined;
  readonly headers: Record<string, string | null>;
  readonly text: string;
  /** The code of the error that it ended with. */
  readonly error: string | undefined;
  /** The end, where there was none. */
  readonly headMs: number;
  readonly endMs: number;
}

/** All that is compared of a request, and of what comes after it. Times are those of its head and its end. */
interface Tried extends Timed {
  readonly seen: object;
  readonly next: object;
  readonly account: object;
}

const everyMs = 50;
const events = ['data: {"n":1}\n\n', 'data: {"n":2,"text":"für"}\n\n', 'data: {"n":3}\n\n', 'data: [DONE]\n\n'];

/** By path: four events as most send them, eight frames as AWS does. */
const streams: Readonly<Record<string, { readonly contentType: string; readonly events: readonly Uint8Array[] }>> = {
  '/events': { contentType: 'text/event-stream', events: events.map((event) => new TextEncoder().encode(event)) },
  '/frames': bedrockService,
};

/** `/events` and `/frames` stream theirs 50 ms apart; everything else is one text. */
function handlerOf(clock: Clock): (request: Request) => Response | Promise<Response> {
  return async (request) => {
    await request.text();
    const stream = streams[new URL(request.url).pathname];
    if (!stream) return new Response('hello world', { headers: { 'x-kept': 'yes', 'content-length': '11' } });
    let sent = 0;
    const fromMs = clock.now();
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        // Lateness does not add up.
        await clock.sleep(Math.max(0, fromMs + sent * everyMs - clock.now()));
        const event = stream.events[sent++];
        if (event === undefined) controller.close();
        else controller.enqueue(Uint8Array.from(event));
      },
    });
    return new Response(body, { headers: { 'content-type': stream.contentType } });
  };
}

let server: Server;
const registries: Registry[] = [];

beforeAll(async () => {
  const handler = handlerOf(systemClock());
  server = createServer((incoming, outgoing) => {
    void getRequestListener(handler, { overrideGlobalObjects: false })(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const registry of registries) await registry.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface World {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly url: string;
  readonly send: typeof fetch;
}

async function simulated(): Promise<World & { readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  const upstream = network.listen(handlerOf(clock));
  const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort });
  const { listen } = await registry.create({
    name: 'link',
    listen: '127.0.0.1:0',
    upstream,
    enabled: true,
    toxics: [],
  });
  return { registry, clock, url: `http://${listen}`, send: network.fetch };
}

async function onSockets(): Promise<World> {
  const clock = systemClock();
  const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined });
  registries.push(registry);
  const upstream = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { listen } = await registry.create({
    name: 'link',
    listen: '127.0.0.1:0',
    upstream,
    enabled: true,
    toxics: [],
  });
  return { registry, clock, url: `http://${listen}`, send: fetch };
}

function add(
  { registry }: World,
  type: string,
  attributes: Attributes,
  { toxicity = 1, stream = 'downstream' }: { toxicity?: number; stream?: 'upstream' | 'downstream' } = {},
): void {
  const kind = anyKinds.find((one) => one.type === type);
  if (!kind) throw new Error(`no toxic ${type}`);
  const request = { kind, name: type, stream, direction: stream, toxicity };
  registry.addToxic('link', { ...request, attributes: withDefaults(kind, attributes) });
}

async function ask({ clock, url, send }: World, path: string, init: RequestInit = {}): Promise<Seen> {
  const fromMs = clock.now();
  const seen = { status: undefined as number | undefined, headers: {}, text: '' };
  let headMs: number | undefined;
  const end = (error: string | undefined): Seen => {
    const endMs = clock.now() - fromMs;
    return { ...seen, error, headMs: headMs ?? endMs, endMs };
  };
  const decoder = new TextDecoder('latin1');
  try {
    const response = await send(`${url}${path}`, init);
    seen.status = response.status;
    headMs = clock.now() - fromMs;
    const names = ['content-type', 'content-length', 'retry-after', 'x-kept'];
    seen.headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) seen.text += decoder.decode(chunk);
    return end(undefined);
  } catch (cause) {
    const code = cause instanceof Error ? (cause.cause as { code?: string } | undefined)?.code : undefined;
    return end(code ?? String(cause));
  }
}

const post = { method: 'POST', body: 'x'.repeat(1000) };
/** Toxic, its attributes, what is asked; and when head and end are there. */
const cases: readonly [string, Attributes, string, RequestInit, number, number][] = [
  ['http_status', { status: 429, vendor: 'openai', retry_after: '2' }, '/whole', post, 0, 0],
  ['http_status', { status: 529, vendor: 'anthropic' }, '/events', {}, 0, 0],
  ['http_status', { status: 503 }, '/whole', { method: 'HEAD' }, 0, 0],
  ['http_status', { status: 204, body: 'not there' }, '/whole', {}, 0, 0],
  ['http_status', { status: 205, body: 'not there' }, '/whole', {}, 0, 0],
  ['http_status', { status: 503, path: '/never' }, '/whole', {}, 0, 0],
  ['http_latency', { latency: 120 }, '/whole', {}, 120, 120],
  ['http_latency', { latency: 120 }, '/events', {}, 120, 200],
  ['http_latency', { latency: 300 }, '/events', {}, 300, 300],
  ['http_slow_body', { delay: 70 }, '/events', {}, 0, 280],
  ['http_cut', { bytes: 4 }, '/whole', {}, 0, 0],
  ['http_cut', { bytes: 20 }, '/events', {}, 0, 50],
  ['http_cut', { bytes: 1000 }, '/whole', {}, 0, 0],
  ['http_cut', { bytes: 4, how: 'reset' }, '/whole', {}, 0, 0],
  ['http_length', { difference: 5 }, '/whole', {}, 0, 0],
  ['http_length', { difference: -5 }, '/whole', {}, 0, 0],
  ['stream_late', { delay: 120 }, '/events', {}, 0, 200],
  ['stream_slow', { delay: 80 }, '/events', {}, 0, 240],
  ['stream_stall', { events: 1, stall: 200 }, '/events', {}, 0, 250],
  ['stream_cut', { events: 2 }, '/events', {}, 0, 100],
  ['stream_cut', { events: 2, how: 'end' }, '/events', {}, 0, 100],
  ['stream_cut', { events: 1, where: 'character', how: 'end' }, '/events', {}, 0, 50],
  ['stream_cut', { events: 1, where: 'event', how: 'end' }, '/events', {}, 0, 50],
  ['stream_unfinished', {}, '/events', {}, 0, 200],
  ['stream_duplicate', { event: 2 }, '/events', {}, 0, 200],
  ['stream_reorder', { event: 1 }, '/events', {}, 0, 200],
  ['stream_garble', { event: 2 }, '/events', {}, 0, 200],
  ['stream_error', { events: 1, vendor: 'anthropic' }, '/events', {}, 0, 50],
  ['stream_error', { events: 2, vendor: 'vllm' }, '/events', {}, 0, 100],
  ['stream_slow', { delay: 80 }, '/whole', {}, 0, 0],
  ['stream_drop', { event: 2 }, '/events', {}, 0, 200],
  ['stream_drop', { event: 4 }, '/events', {}, 0, 200],
  ['stream_cut', { events: 1, how: 'done' }, '/events', {}, 0, 200],
  ['stream_cut', { events: 0, how: 'done' }, '/events', {}, 0, 200],
  ['stream_slow', { delay: 80 }, '/frames', {}, 0, 560],
  ['stream_cut', { events: 2 }, '/frames', {}, 0, 100],
  ['stream_cut', { events: 2, how: 'done' }, '/frames', {}, 0, 400],
  ['stream_cut', { events: 2, where: 'event', how: 'end' }, '/frames', {}, 0, 100],
  ['stream_cut', { events: 0, where: 'character', how: 'end' }, '/frames', {}, 0, 100],
  ['stream_unfinished', { missing: 'reason' }, '/frames', {}, 0, 400],
  ['stream_drop', { event: 3 }, '/frames', {}, 0, 400],
  ['stream_garble', { event: 3 }, '/frames', {}, 0, 400],
  ['stream_error', { events: 2, vendor: 'bedrock' }, '/frames', {}, 0, 100],
];

/** Without when it was. What is on its way when a connection is reset may or may not have been read. */
const content = ({ status, headers, text, error }: Seen): object =>
  error === 'ECONNRESET' ? { error } : { status, headers, text, error };

/** What a server adds to a head is known on sockets only, and how many bytes are held back depends on when they come. */
const timed = ['http_latency', 'http_slow_body', 'stream_late', 'stream_slow', 'stream_stall'];
const beating = 'stream_heartbeat';

describe('faults of HTTP in a simulated world', () => {
  async function tryIn(world: World, type: string, path: string, init: RequestInit): Promise<Tried> {
    const stall = watchStall(world.clock);
    const seen = await ask(world, path, init);
    const stalledMs = stall();
    // The next request finds a connection that is as good as any.
    const next = content(await ask(world, '/whole'));
    const { requestsSeen, requestsAltered, bytesAltered } = world.registry.account('link', type);
    const account = { requestsSeen, requestsAltered, ...(timed.includes(type) ? {} : { bytesAltered }) };
    return { seen: content(seen), next, account, timesMs: [seen.headMs, seen.endMs], stalledMs };
  }

  /** In virtual time, and several times on sockets; `prepare` adds the toxics. Gives the times of the first. */
  async function compare(
    prepare: (world: World) => void,
    type: string,
    path: string,
    init: RequestInit,
  ): Promise<readonly number[]> {
    const virtual = await simulated();
    prepare(virtual);
    const expected = await virtual.clock.run(tryIn(virtual, type, path, init));
    const tryOnSockets = async (): Promise<Tried> => {
      const real = await onSockets();
      prepare(real);
      return tryIn(real, type, path, init).finally(() => real.registry.stop());
    };
    const what = ({ seen, next, account }: Tried): unknown => [seen, next, account];
    const tries = await validTries(tryOnSockets, { expected, what });
    for (const one of tries) expect(what(one)).toEqual(what(expected));
    expect(tooFarMs(tries, expected), JSON.stringify(tries)).toEqual([]);
    return expected.timesMs;
  }

  it('are compared for every kind', () => {
    const types = new Set([...cases.map(([type]) => type), beating]);
    expect([...types].toSorted()).toEqual(httpToxicKinds.map(({ type }) => type).toSorted());
  });

  const inTurn = twoAtATime();
  it.concurrent.each(cases)(
    '%s with %j does to %s what it does on sockets, at the same times',
    { timeout: 60_000 },
    async (type, attributes, path, init, headMs, endMs) => {
      const timesMs = await inTurn(() => compare((world) => add(world, type, attributes), type, path, init));
      expect(timesMs).toEqual([headMs, endMs]);
    },
  );

  it('answer in the place of the server when all of the request has come', { timeout: 60_000 }, async () => {
    const large = { method: 'POST', body: 'x'.repeat(20_000) };
    const prepare = (world: World): void => {
      add(world, 'http_status', { status: 429 });
      add(world, 'bandwidth', { rate: 100 }, { stream: 'upstream' });
    };
    // 256 bytes of head, 20,000 of body.
    expect(await compare(prepare, 'http_status', '/whole', large)).toEqual([203, 203]);
  });

  it('hold back a head, which on sockets has what a server adds to it, and an answer in the place of the server with all of its bytes', async () => {
    const accounts = [];
    for (const world of [await simulated(), await onSockets()]) {
      add(world, 'http_latency', { latency: 20 });
      const asking = ask(world, '/whole');
      await (world.clock instanceof VirtualClock ? world.clock.run(asking) : asking);
      const whole = world.registry.account('link', 'http_latency').bytesDelayed;
      add(world, 'http_status', { status: 429, vendor: 'openai' });
      const refused = ask(world, '/whole');
      await (world.clock instanceof VirtualClock ? world.clock.run(refused) : refused);
      const { bytesDelayed } = world.registry.account('link', 'http_latency');
      const { bytesAdded } = world.registry.account('link', 'http_status');
      accounts.push({ whole, refused: bytesDelayed - whole, bytesAdded });
    }
    const added = 'date: Thu, 01 Jan 1970 00:00:00 GMT\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n';
    const [virtual, real] = accounts;
    expect(real).toEqual({ ...virtual, whole: (virtual?.whole ?? 0) + added.length });
    expect(virtual?.refused).toBe(virtual?.bytesAdded);
    expect(virtual?.whole).toBeGreaterThan(0);
  });

  it('beat for as long as the toxic is there, as on sockets', async () => {
    const worlds = [await simulated(), await onSockets()];
    const texts: string[] = [];
    for (const world of worlds) {
      add(world, beating, { events: 2, interval: 100 });
      const proxy = world.registry.get('link');
      world.clock.setTimer(() => proxy.removeToxic(proxy.toxic(beating), 'removed'), 530);
      const asking = ask(world, '/events');
      texts.push((await (world.clock instanceof VirtualClock ? world.clock.run(asking) : asking)).text);
    }
    const beats = (text = ''): number => text.split(': heartbeat\n\n').length - 1;
    expect(texts[0]?.replaceAll(': heartbeat\n\n', '')).toBe(texts[1]?.replaceAll(': heartbeat\n\n', ''));
    expect(beats(texts[0])).toBe(4);
    expect(beats(texts[1])).toBeGreaterThan(0);
    expect(beats(texts[1])).toBeLessThanOrEqual(4);
  });

  it.each<[string, number, Attributes]>([
    ['a share', 0.5, {}],
    ['a share of each third', 0.7, { nth: 3 }],
    ['some', 1, { after: 5, times: 7 }],
    ['a share, up to so many', 0.3, { times: 20, path: '/a*' }],
  ])('chooses by the same seed the same requests as on sockets: %s', async (_what, toxicity, attributes) => {
    const choices = async (world: World): Promise<string> => {
      add(world, 'http_status', { status: 418, ...attributes }, { toxicity });
      let seen = '';
      for (let count = 0; count < 100; count++) {
        const asking = ask(world, count % 3 === 0 ? '/b' : '/a/x');
        const { status } = await (world.clock instanceof VirtualClock ? world.clock.run(asking) : asking);
        // Until its client has let go of a connection, the next request would begin another.
        await new Promise(setImmediate);
        seen += status === 418 ? 'x' : '.';
      }
      expect(world.registry.account('link', 'http_status').connectionsSeen).toBe(1);
      return seen;
    };
    const chosen = await choices(await simulated());
    expect(chosen).toContain('x');
    expect(await choices(await onSockets())).toBe(chosen);
  });
});
