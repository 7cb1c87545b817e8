import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../harness/kit/clock.ts';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { Registry } from '../../../harness/proxy/registry.ts';
import { toxicKinds } from '../../../harness/proxy/toxics/index.ts';
import { SimulatedNetwork } from '../../../harness/world/simulated/network.ts';
import { tooFarMs, twoAtATime, validTries, watchStall, type Timed } from './against-sockets.ts';
import { linkSequences, linkSequencesOfKnownLength } from './link-sequences.ts';
import { act, typesIn, type Step } from './link-steps.ts';

/** What arrived, and how it ended. Times are when each chunk had arrived as a whole, and the end. */
interface Seen extends Timed {
  /** SHA-256 of all bytes that came, also before a cut. */
  readonly content: string;
  readonly end: string;
}

const chunkBytes = 5000;
const chunkCount = 6;
const everyMs = 100;

/** Each chunk has its own content, so that what is lost, doubled, changed or out of order shows. */
const chunks = Array.from({ length: chunkCount }, (_, index) => {
  const random = seededRandom(`chunk ${index}`);
  return Uint8Array.from({ length: chunkBytes }, () => random.integer(0, 255));
});

/**
 * What is left to chance goes by the place in the stream: for that, an answer without chunked coding, with a head of the 256 bytes that one counts in
 * the simulated world.
 */
const knownLength = '/known-length';
let filling = 0;

async function headBytes(port: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(`GET ${knownLength} HTTP/1.1\r\nhost: a\r\n\r\n`);
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (text.includes('\r\n\r\n')) break;
  }
  return text.indexOf('\r\n\r\n') + 4;
}

let server: Server;
const realRegistries: Registry[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/quick') {
      response.end('quick');
      return;
    }
    response.on('error', () => undefined);
    const send = async (): Promise<void> => {
      if (request.url === knownLength) {
        response.setHeader('content-length', chunkCount * chunkBytes);
        response.setHeader('x-filling', 'x'.repeat(filling));
      }
      response.flushHeaders();
      const from = performance.now();
      for (let count = 1; count <= chunkCount; count++) {
        await sleep(Math.max(0, count * everyMs - (performance.now() - from)));
        response.write(chunks[count - 1] ?? '');
      }
      response.end();
    };
    void send();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  filling = 256 - (await headBytes((server.address() as AddressInfo).port));
  // What is used for the first time has to be compiled first.
  await Promise.all([onSockets([], '/'), onSockets([], '/')]);
});
afterAll(async () => {
  for (const registry of realRegistries) await registry.stop();
  server.closeAllConnections();
  server.close();
});

/** The same in virtual time, on a simulated link. */
function onSimulatedLink(steps: readonly Step[], path: string): Promise<Seen> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock);
  const upstream = network.listen(({ url }) => {
    const headers = { ...(url.endsWith(knownLength) && { 'content-length': String(chunkCount * chunkBytes) }) };
    let count = 0;
    return new Response(
      new ReadableStream<Uint8Array>(
        {
          pull: async (controller) => {
            await clock.sleep(everyMs);
            const chunk = chunks[count++];
            if (chunk) controller.enqueue(chunk.slice());
            if (count === chunkCount) controller.close();
          },
        },
        { highWaterMark: 0 },
      ),
      { headers },
    );
  });
  const registry = new Registry({
    ...{ clock, random: seededRandom(1), log: () => undefined },
    openPort: network.openPort,
  });
  return clock.run(watch(registry, { upstream, steps, path, clock, fetch: network.fetch }));
}

/** Through the real proxy, in real time. */
function onSockets(steps: readonly Step[], path: string): Promise<Seen> {
  const clock = systemClock();
  const registry = new Registry({ clock, random: seededRandom(1), log: () => undefined });
  realRegistries.push(registry);
  const upstream = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return watch(registry, { upstream, steps, path, clock, fetch });
}

async function watch(
  registry: Registry,
  world: { upstream: string; steps: readonly Step[]; path: string; clock: Clock; fetch: typeof fetch },
): Promise<Seen> {
  const { upstream, steps, path, clock } = world;
  const proxy = await registry.create({
    ...{ name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] },
  });
  // A port takes its time to fall silent.
  for (const step of steps) if (step.atMs === 0) await act(registry, 'link', step);
  const fromMs = clock.now();
  const sinceMs = (): number => clock.now() - fromMs;
  for (const step of steps) if (step.atMs > 0) clock.setTimer(() => void act(registry, 'link', step), step.atMs);
  const chunksMs: number[] = [];
  let bytes = 0;
  const hash = createHash('sha256');
  const stall = watchStall(clock);
  const seen = (end: string): Seen => ({
    ...{ content: hash.digest('hex'), end, timesMs: [...chunksMs, sinceMs()], stalledMs: stall() },
  });
  try {
    const response = await world.fetch(`http://${proxy.listen}${path}`);
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      hash.update(chunk);
      while (chunksMs.length < Math.floor(bytes / chunkBytes)) chunksMs.push(sinceMs());
    }
    return seen(`whole, ${bytes} bytes`);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.cause as { code?: string; message: string } | undefined) : undefined;
    return seen(`${why?.code ?? why?.message ?? String(cause)} after ${bytes} bytes`);
  }
}

describe('a simulated link does what the proxy does on sockets, to the same bytes and at the same times', () => {
  const inTurn = twoAtATime();
  async function compare(steps: readonly Step[], path: string): Promise<void> {
    const expected = await onSimulatedLink(steps, path);
    const what = ({ end, content, timesMs }: Seen): unknown => [end, content, timesMs.length];
    const seen = await validTries(() => onSockets(steps, path), { expected, what });
    for (const one of seen) expect(what(one)).toEqual(what(expected));
    expect(tooFarMs(seen, expected), `${JSON.stringify(expected)}\n${JSON.stringify(seen)}`).toEqual([]);
  }

  it('with every kind of toxic that is done to bytes or to the door', () => {
    const types = typesIn(linkSequences, linkSequencesOfKnownLength);
    expect([...types].toSorted()).toEqual(toxicKinds.map(({ type }) => type).toSorted());
  });

  it.concurrent.each(Object.entries(linkSequences))('with %s', { timeout: 60_000 }, (_name, steps) =>
    inTurn(() => compare(steps, '/')),
  );

  it.concurrent.each(Object.entries(linkSequencesOfKnownLength))(
    'with %s, where the head says how long it is',
    { timeout: 60_000 },
    (_name, steps) => inTurn(() => compare(steps, knownLength)),
  );

  it('with a door that does not answer while somebody is inside, but for how late it may be: a thread is made for it', async () => {
    const steps: readonly Step[] = [
      { atMs: 150, add: { type: 'connect_timeout', attributes: {} } },
      { atMs: 550, remove: 'connect_timeout' },
    ];
    const expected = await onSimulatedLink(steps, '/');
    const seen = await onSockets(steps, '/');
    expect([seen.end, seen.content]).toEqual([expected.end, expected.content]);
    expect(expected.end).toBe('whole, 30000 bytes');
    const early = expected.timesMs.filter((atMs, index) => (seen.timesMs[index] ?? 0) < atMs - 10);
    expect(early).toEqual([]);
  });
});

describe('one seed', () => {
  /** Which of twelve connections, one after another, are reset by a toxic that is done to half of them. */
  async function resets(registry: Registry, upstream: string, send: typeof fetch): Promise<string> {
    const proxy = await registry.create({
      ...{ name: 'link', listen: '127.0.0.1:0', upstream, enabled: true, toxics: [] },
    });
    const kind = toxicKinds.find(({ type }) => type === 'reset_peer');
    if (!kind) throw new Error('no toxic');
    const stream = 'downstream';
    registry.addToxic('link', {
      ...{ name: 'half', kind, stream, direction: stream, toxicity: 0.5, attributes: { timeout: 0 } },
    });
    let pattern = '';
    for (let count = 0; count < 12; count++) {
      const init = { headers: { connection: 'close' } };
      pattern += await send(`http://${proxy.listen}/quick`, init)
        .then((response) => response.text())
        .then(
          () => '.',
          () => 'x',
        );
    }
    return pattern;
  }

  function simulatedResets(seed: number): Promise<string> {
    const clock = new VirtualClock();
    const network = new SimulatedNetwork(clock);
    const { openPort } = network;
    const registry = new Registry({ clock, random: seededRandom(seed), log: () => undefined, openPort });
    const upstream = network.listen(() => new Response('quick'));
    return clock.run(resets(registry, upstream, (input, init) => network.openClient().fetch(input, init)));
  }

  it('takes the same decisions on a simulated link as on sockets', async () => {
    const registry = new Registry({ clock: systemClock(), random: seededRandom(5), log: () => undefined });
    realRegistries.push(registry);
    const real = await resets(registry, `127.0.0.1:${(server.address() as AddressInfo).port}`, fetch);
    expect(real).toMatch(/^(?=.*x)(?=.*\.)/);
    expect(await simulatedResets(5)).toBe(real);
    expect(await simulatedResets(6)).not.toBe(real);
  });
});
