import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../harness/kit/clock.ts';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { toxicKinds } from '../../../harness/proxy/toxics/index.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { tooFarMs, twoAtATime, validTries, watchStall, type Timed } from './against-sockets.ts';
import { causeCode } from './cause-code.ts';
import { act, typesIn, type Step } from './link-steps.ts';
import { uploadSequences } from './upload-sequences.ts';

/** What the server received of a body. */
interface Received {
  /** How it ended, after how many bytes. */
  readonly end: string;
  /** SHA-256 of all bytes that came, also before a cut. */
  readonly content: string;
  /** When it was asked, when it had each 5,000 bytes, and the end. */
  readonly timesMs: readonly number[];
}

/** What was sent, and what came of it. Times are those of the server, then when the client had its answer. */
interface Seen extends Timed {
  readonly server: Omit<Received, 'timesMs'> | undefined;
  readonly client: string;
}

interface World {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly send: typeof fetch;
  readonly upstream: string;
  /** What the server receives at a path, once it has been asked. */
  readonly received: ReadonlyMap<string, Promise<Received>>;
}

const everyBytes = 5000;
const random = seededRandom('what is sent');
const sent = Uint8Array.from({ length: 30_000 }, () => random.integer(0, 255));
/** As many digits for each try, so that every head is as long. */
let tries = 100_000;
/** What makes a head 256 bytes long, which is what one counts in the simulated world: what is left to chance goes by the place in the stream. */
let filling = '';
/** When each try began that is on its way, by its path. */
const beganMs = new Map<string, number>();

async function receive(body: AsyncIterable<Uint8Array>, sinceMs: () => number): Promise<Received> {
  const hash = createHash('sha256');
  const timesMs = [sinceMs()];
  let bytes = 0;
  const seen = (end: string): Received => ({
    ...{ end, content: hash.digest('hex'), timesMs: [...timesMs, sinceMs()] },
  });
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      hash.update(chunk);
      while (timesMs.length <= Math.floor(bytes / everyBytes)) timesMs.push(sinceMs());
    }
    return seen(`whole, ${bytes} bytes`);
  } catch (cause) {
    return seen(`${(cause as { code?: string }).code ?? String(cause)} after ${bytes} bytes`);
  }
}

/** Receives at a path, and keeps what is received there. */
function keep(
  received: Map<string, Promise<Received>>,
  clock: Clock,
): (path: string, body: AsyncIterable<Uint8Array>) => Promise<Received> {
  return (path, body) => {
    const fromMs = beganMs.get(path) ?? NaN;
    const receiving = receive(body, () => clock.now() - fromMs);
    received.set(path, receiving);
    return receiving;
  };
}

let server: Server;
const registries: Registry[] = [];
const onServer = new Map<string, Promise<Received>>();

beforeAll(async () => {
  filling = 'x'.repeat(256 - (await headBytes()));
  const receiving = keep(onServer, systemClock());
  server = createServer((request, response) => {
    void receiving(request.url ?? '', request).then(({ end }) => response.end(end));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // What is used for the first time has to be compiled first.
  await Promise.all([onSockets([]), onSockets([])]);
});
afterAll(async () => {
  for (const registry of registries) await registry.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const post = (): RequestInit => ({ method: 'POST', body: sent, headers: { 'x-filling': filling } });

/** How long the head is that the platform sends. */
async function headBytes(): Promise<number> {
  let found: (bytes: number) => void = () => undefined;
  const bytes = new Promise<number>((resolve) => (found = resolve));
  const listener = createTcpServer((socket) => {
    socket.once('data', (chunk: Buffer) => {
      found(chunk.indexOf('\r\n\r\n') + 4);
      socket.destroy();
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/${tries}`;
  await fetch(url, post()).catch(() => undefined);
  listener.close();
  return bytes;
}

/** In virtual time, over a simulated link. */
function onSimulatedLink(steps: readonly Step[]): Promise<Seen> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  const received = new Map<string, Promise<Received>>();
  const receiving = keep(received, clock);
  const upstream = network.listen(async (request) => {
    const body = request.body as unknown as AsyncIterable<Uint8Array>;
    return new Response((await receiving(new URL(request.url).pathname, body)).end);
  });
  const registry = new Registry({
    ...{ clock, random: seededRandom(1), log: () => undefined, openPort: network.openPort },
  });
  return clock.run(watch({ registry, clock, send: network.fetch, upstream, received }, steps));
}

/** Through the real proxy, in real time. */
function onSockets(steps: readonly Step[]): Promise<Seen> {
  const clock = systemClock();
  const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined });
  registries.push(registry);
  const upstream = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return watch({ registry, clock, send: fetch, upstream, received: onServer }, steps);
}

async function watch({ registry, clock, send, upstream, received }: World, steps: readonly Step[]): Promise<Seen> {
  const { listen } = await registry.create({
    ...{ name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] },
  });
  for (const step of steps) if (step.atMs === 0) await act(registry, 'link', step);
  const path = `/${++tries}`;
  const fromMs = clock.now();
  beganMs.set(path, fromMs);
  for (const step of steps) if (step.atMs > 0) clock.setTimer(() => void act(registry, 'link', step), step.atMs);
  const stall = watchStall(clock);
  const client = await send(`http://${listen}${path}`, post()).then(
    async (response) => `${response.status} ${await response.text()}`,
    (cause: unknown) => String(causeCode(cause)),
  );
  const clientMs = clock.now() - fromMs;
  // The client may hear of the end before the server has heard of the request.
  await clock.sleep(50);
  const stalledMs = stall();
  const { timesMs = [], ...rest } = (await received.get(path)) ?? {};
  return {
    ...{ client, timesMs: [...timesMs, clientMs], stalledMs },
    server: 'end' in rest ? { end: rest.end, content: rest.content } : undefined,
  };
}

describe('a request with a body gets over a simulated link as over one of sockets, to the server and at the same times', () => {
  it('with every kind of toxic that is done to bytes', () => {
    const wanted = toxicKinds.filter(({ door }) => door === undefined).map(({ type }) => type);
    expect([...typesIn(uploadSequences)].toSorted()).toEqual(wanted.toSorted());
  });

  const inTurn = twoAtATime();
  it.concurrent.each(Object.entries(uploadSequences))('with %s', { timeout: 60_000 }, (_name, steps) =>
    inTurn(async () => {
      const expected = await onSimulatedLink(steps);
      const what = ({ server: atServer, client }: Seen): unknown => [atServer, client];
      const seen = await validTries(() => onSockets(steps), { expected, what });
      for (const one of seen) expect(what(one)).toEqual(what(expected));
      expect(tooFarMs(seen, expected), `${JSON.stringify(expected)}\n${JSON.stringify(seen)}`).toEqual([]);
    }),
  );
});
