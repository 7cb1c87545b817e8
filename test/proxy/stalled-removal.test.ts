import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitUntil, withDeadline } from '../../harness/kit/deadline.ts';
import { anyKinds } from '../../harness/proxy/kinds.ts';
import { startHttp } from './http/support.ts';
import { offerUntilStalled, realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';
import { authorityOf, dialTls } from './tls-support.ts';

// A connection on which everything stands still, since its receiver does not read: a toxic that is taken away lets it go on, or ends it, as
// docs/proxy.md says of each.

interface Removal {
  /** So that nothing happens to the connection before the toxic is taken away but that it is held. */
  readonly attributes?: Readonly<Record<string, number | string>>;
  /** More than it holds, and than the system does. Default 24. */
  readonly megabytes?: number;
  /** Bytes are missing in a connection that it was at. */
  readonly closes?: true;
}

const hourMs = 3_600_000;
const never = 1_000_000_000;

/** One for every kind there is. */
const removals: Readonly<Record<string, Removal>> = {
  // It holds 32 MiB; a quick machine, whose system lets a socket have 32 MiB and more in each direction, took 60 MB once.
  latency: { attributes: { latency: hourMs }, megabytes: 120 },
  bandwidth: { attributes: { rate: 0 } },
  shared_bandwidth: { attributes: { rate: 0 } },
  slow_close: { attributes: { delay: hourMs } },
  timeout: { attributes: { timeout: 0 }, closes: true },
  half_open: { closes: true },
  never_answer: { closes: true },
  reset_peer: { attributes: { timeout: hourMs } },
  slicer: { attributes: { average_size: 1000, size_variation: 0, delay: 1_000_000 } },
  limit_data: { attributes: { bytes: never } },
  packet_loss: { attributes: { loss_rate: 0 } },
  slow_accept: { attributes: { delay: hourMs } },
  close_after: { attributes: { delay: hourMs } },
  reset_after: { attributes: { delay: hourMs } },
  corrupt: { attributes: { rate: 0.001 } },
  refuse: {},
  connect_timeout: {},
  noop: {},
  http_status: { attributes: { path: '/another' } },
  http_latency: { attributes: { latency: hourMs } },
  http_slow_body: { attributes: { delay: hourMs } },
  http_cut: { attributes: { bytes: never } },
  http_length: { attributes: { difference: 1 } },
  stream_late: { attributes: { delay: hourMs } },
  stream_slow: { attributes: { delay: hourMs } },
  stream_stall: { attributes: { events: 1, stall: 0 } },
  stream_cut: { attributes: { events: never } },
  stream_unfinished: {},
  stream_drop: { attributes: { event: never } },
  stream_duplicate: { attributes: { event: never } },
  stream_reorder: { attributes: { event: 2 } },
  stream_garble: { attributes: { event: never } },
  stream_error: { attributes: { events: never } },
  stream_heartbeat: { attributes: { events: 1, interval: hourMs }, closes: true },
  bad_certificate: {},
  tls_stall: {},
  tls_cut: {},
};

type Layer = 'bytes' | 'http' | 'tls';

function kindsOf(layer: Layer, closes: boolean): { type: string; attributes: object; megabytes: number }[] {
  return anyKinds
    .filter((kind) => ('layer' in kind ? kind.layer : 'bytes') === layer)
    .map(({ type }) => {
      const { attributes = {}, megabytes = 24 } = removals[type] ?? {};
      return { type, attributes, megabytes };
    })
    .filter(({ type }) => (removals[type]?.closes ?? false) === closes);
}

/** It is there, is taken away, and that is answered. */
async function remove(bench: Bench): Promise<void> {
  expect((await bench.call('DELETE', '/proxies/a/toxics/t')).status).toBe(204);
}

it('knows of every kind how its removal ends', () => {
  expect(Object.keys(removals).toSorted()).toEqual(anyKinds.map(({ type }) => type).toSorted());
});

/** Offers so much to a receiver that does not read that its sender stands still, too. */
async function stall(peer: Peer, megabytes: number): Promise<void> {
  await offerUntilStalled(peer, megabytes);
  expect(peer.socket.writableLength).toBeGreaterThan(0);
}

/** The end of the upstream, which does not read. */
function firstOf({ sockets }: TcpServer): Promise<Socket> {
  return waitUntil(realClock, () => sockets[0], { what: 'the connection at the upstream', limitMs: 5_000 });
}

function untilEnded(receiver: Socket): Promise<true> {
  const ended = (): true | undefined => receiver.readableEnded || undefined;
  return waitUntil(realClock, ended, { what: 'the end for the upstream', limitMs: 15_000 });
}

/** What was offered until nothing moved any more arrives whole, and the end behind it. */
async function expectAll(peer: Peer, upstream: TcpServer, megabytes: number): Promise<void> {
  const receiver = await firstOf(upstream);
  receiver.resume();
  peer.socket.end();
  await untilEnded(receiver);
  expect(receiver.bytesRead).toBe(megabytes * 1_000_000);
}

// Each on a bench of its own, and most of it is waiting until nothing moves.
describe.concurrent('the removal of a toxic that is done to bytes, from a connection that stands still', () => {
  it.each(kindsOf('bytes', false))('$type: goes on, and loses nothing', async ({ type, attributes, megabytes }) => {
    await using bench = await startBench();
    const upstream = await bench.tcp((socket) => void socket.pause());
    const peer = await bench.dial(await bench.proxy('a', upstream.address));
    await bench.toxic('a', { name: 't', type, stream: 'upstream', attributes });
    await stall(peer, megabytes);
    await remove(bench);
    await expectAll(peer, upstream, megabytes);
  });

  it.each(kindsOf('bytes', true))('$type: is closed on both sides', async ({ type, attributes }) => {
    await using bench = await startBench();
    const upstream = await bench.tcp((socket) => void socket.pause());
    const peer = await bench.dial(await bench.proxy('a', upstream.address));
    await bench.toxic('a', { name: 't', type, stream: 'upstream', attributes });
    peer.socket.write(Buffer.alloc(1_000_000));
    await bench.untilAltered('a', 't', 1_000_000);
    await remove(bench);
    await withDeadline(realClock, peer.finished(), { what: 'the end for the client', limitMs: 5_000 });
    const receiver = await firstOf(upstream);
    receiver.resume();
    await untilEnded(receiver);
    expect(receiver.bytesRead).toBe(0);
  });
});

describe.concurrent('the removal of a toxic that is done to requests, while an answer stands still', () => {
  const event = `data: ${'x'.repeat(99_992)}\n\n`;
  const eventCount = 200;

  /** A client that does not read what it has asked for, and the end of its server. */
  async function askAndStall(bench: Bench, { type, attributes }: { type: string; attributes: object }) {
    const answers: ServerResponse[] = [];
    const upstream = await startHttp(bench, (_incoming, response) => {
      answers.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      for (let count = 0; count < eventCount; count++) response.write(event);
      response.end();
    });
    const port = await bench.proxy('a', upstream.address);
    await bench.toxic('a', { name: 't', type, attributes });
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      request({ port, host: '127.0.0.1', agent: false }, (incoming) => resolve(incoming.pause()))
        .on('error', reject)
        .end();
    });
    const left = (): number => answers[0]?.writableLength ?? NaN;
    return { response, left };
  }

  it.each(kindsOf('http', false))('$type: goes on, and loses nothing', async (toxic) => {
    await using bench = await startBench();
    const { response, left } = await askAndStall(bench, toxic);
    const stalled = async (): Promise<true | undefined> => {
      const before = left();
      await realClock.sleep(100);
      return before > 0 && left() === before ? true : undefined;
    };
    await waitUntil(realClock, stalled, { what: 'a stall', limitMs: 5_000 });
    await remove(bench);
    const incoming = await withDeadline(realClock, response, { what: 'the head', limitMs: 5_000 });
    const text = await withDeadline(realClock, textOf(incoming), { what: 'the end', limitMs: 15_000 });
    // Compared in this way, a difference is not printed with all its megabytes.
    expect([text.length, text === event.repeat(eventCount)]).toEqual([event.length * eventCount, true]);
  });

  it.each(kindsOf('http', true))('$type: is closed, and does not look whole', async (toxic) => {
    await using bench = await startBench();
    const { response } = await askAndStall(bench, toxic);
    await bench.untilAltered('a', 't', event.length * (eventCount - 1));
    await remove(bench);
    const incoming = await withDeadline(realClock, response, { what: 'the head', limitMs: 5_000 });
    await withDeadline(
      realClock,
      textOf(incoming).catch(() => ''),
      { what: 'the end', limitMs: 5_000 },
    );
    expect(incoming.complete).toBe(false);
  });
});

describe.concurrent('the removal of a toxic that is done to handshakes', () => {
  async function throughTls(bench: Bench): Promise<{ upstream: TcpServer; dial: () => Promise<Peer> }> {
    const upstream = await bench.tcp((socket) => void socket.pause());
    const port = await bench.proxy('a', upstream.address, { tls: { client: {} } });
    const ca = await authorityOf(bench);
    return { upstream, dial: () => dialTls(bench, port, { ca }) };
  }

  it.each(kindsOf('tls', false))(
    '$type: a connection that had shaken hands goes on, and loses nothing',
    async ({ type, attributes, megabytes }) => {
      await using bench = await startBench();
      const { upstream, dial } = await throughTls(bench);
      const peer = await dial();
      await bench.toxic('a', { name: 't', type, attributes });
      await stall(peer, megabytes);
      await remove(bench);
      await expectAll(peer, upstream, megabytes);
    },
  );

  it('tls_stall: a handshake that stands still goes on', async () => {
    await using bench = await startBench();
    const { upstream, dial } = await throughTls(bench);
    await bench.toxic('a', { name: 't', type: 'tls_stall' });
    const dialled = dial();
    await waitUntil(realClock, async () => (await bench.receipt('a', 't'))['connectionsAltered'] === 1 || undefined, {
      ...{ what: 'the first message of the client', limitMs: 5_000 },
    });
    await remove(bench);
    const peer = await withDeadline(realClock, dialled, { what: 'the handshake', limitMs: 5_000 });
    await stall(peer, 24);
    await expectAll(peer, upstream, 24);
  });
});

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
