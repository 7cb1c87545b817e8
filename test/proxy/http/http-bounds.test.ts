import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/kit/deadline.ts';
import { Peer, realClock, startBench, type Bench } from '../support.ts';
import { EdgeBench } from './edge-bench.ts';

const megabytes = 60;
/** What systems keep in the buffers of sockets, and the proxy for itself; far less than what is offered. */
const mostTaken = 20_000_000;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

/** A server that is asked for an endless body, and a client that has asked. Neither goes on by itself. */
async function asked(
  bench: Bench,
  head: string,
  toxics: readonly { type: string; attributes: object }[],
): Promise<{ server: Peer; client: Peer }> {
  let server: Peer | undefined;
  const tcp = await bench.tcp((socket) => {
    server = new Peer(socket);
    socket.once('data', () => void socket.write(head));
  });
  const port = await bench.proxy('http', tcp.address);
  for (const { type, attributes } of toxics) await bench.toxic('http', { name: type, type, attributes });
  const client = await bench.dial(port);
  client.socket.write(get('/'));
  const found = await waitUntil(realClock, () => Promise.resolve(server?.receivedBytes ? server : undefined), {
    ...{ what: 'the request', limitMs: 5000 },
  });
  return { server: found, client };
}
/** What the proxy says that it has received of the server. */
async function received(bench: Bench): Promise<number> {
  const { json } = await bench.call<Record<string, { receivedDownstream: number }>>('GET', '/gameday/traffic');
  return json['http']?.receivedDownstream ?? 0;
}
/**
 * Offers a block again and again, as fast as it is taken, and gives how many bytes were, when the proxy has received no more in ten looks: it has
 * answered each of these, so that it could have.
 */
async function offer(bench: Bench, { socket }: Peer, block: Buffer, most: number): Promise<number> {
  for (let bytes = 0; ;) {
    while (bytes < most && socket.write(block)) bytes += block.length;
    if (bytes >= most) return bytes;
    bytes += block.length;
    let before = await received(bench);
    for (let looks = 0; looks < 10 && socket.writableNeedDrain; looks++) {
      await realClock.sleep(30);
      const now = await received(bench);
      if (now !== before) looks = 0;
      before = now;
    }
    if (socket.writableNeedDrain) return bytes;
  }
}
const block = Buffer.alloc(50_000);
const most = megabytes * 1_000_000;
const length = `HTTP/1.1 200 OK\r\ncontent-length: ${megabytes * 1_000_000}\r\n\r\n`;
const events = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n';

describe('what the proxy holds', () => {
  it.each([
    ['a head that waits', length, { type: 'http_latency', attributes: { latency: 86_400_000 } }],
    ['a body that is slow', length, { type: 'http_slow_body', attributes: { delay: 86_400_000 } }],
    [
      'an upgrade that waits',
      'HTTP/1.1 101 Switching\r\n\r\n',
      { type: 'http_latency', attributes: { latency: 86_400_000 } },
    ],
    ['no HTTP behind a head that waits', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', { type: 'http_latency', attributes: { latency: 86_400_000 } }], // prettier-ignore
  ])('has a bound for %s, and comes whole when the toxic goes', async (_what, head, toxic) => {
    await using bench = await startBench();
    const { server, client } = await asked(bench, head, [toxic]);
    const taken = await offer(bench, server, block, most);
    expect(taken).toBeLessThan(mostTaken);
    await bench.call('DELETE', `/proxies/http/toxics/${toxic.type}`);
    await client.bytes(head.length + taken);
    expect(client.receivedBytes).toBe(head.length + taken);
  });

  it('has a bound for a stream that stands still, as small as its events are', async () => {
    await using bench = await startBench();
    const { server, client } = await asked(bench, events, [{ type: 'stream_stall', attributes: { stall: 0 } }]);
    await client.bytes(events.length);
    const taken = await offer(bench, server, Buffer.from('data: 12345678\n\n'.repeat(3000)), most);
    expect(taken).toBeLessThan(mostTaken);
    await bench.call('DELETE', '/proxies/http/toxics/stream_stall');
    server.socket.end();
    await client.finished();
    expect(client.receivedBytes).toBe(events.length + taken);
  }, 60_000);

  it.each([
    ['nothing is done to', { type: 'http_status', attributes: { path: '/never' } }],
    ['something is done to', { type: 'http_cut', attributes: { bytes: 1_000_000_000 } }],
  ])('has a bound for a client that does not read a body that %s', async (_what, toxic) => {
    await using bench = await startBench();
    const { server, client } = await asked(bench, length, [toxic]);
    await client.bytes(length.length);
    client.socket.pause();
    const taken = await offer(bench, server, block, most);
    expect(taken).toBeLessThan(mostTaken);
    client.socket.resume();
    await client.bytes(length.length + taken);
  });

  it('has a bound for events that do not end, over all streams: what is more than that passes as it is', async () => {
    await using bench = await startBench();
    const [streams, bytes] = [20, 8_000_000];
    const server = await bench.tcp((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ');
        socket.write(Buffer.alloc(bytes, 'x'));
      }),
    );
    const port = await bench.proxy('http', server.address);
    await bench.toxic('http', { type: 'stream_stall', attributes: { events: 1000 } });
    const ask = async (): Promise<Peer> => {
      const peer = await bench.dial(port);
      peer.socket.write(get('/'));
      return peer;
    };
    const askAll = (count: number): Promise<Peer[]> => Promise.all(Array.from({ length: count }, ask));
    const passed = (peers: readonly Peer[]): number => peers.reduce((sum, peer) => sum + peer.receivedBytes, 0);
    const all = await askAll(streams);
    const isBounded = (): true | undefined => passed(all) > streams * bytes - 129 * 2 ** 20 || undefined;
    await waitUntil(realClock, isBounded, { what: 'what is too much', limitMs: 20_000 });
    for (const socket of [...all.map((peer) => peer.socket), ...server.sockets]) socket.destroy();
    const areGone = async (): Promise<true | undefined> => {
      const { json } = await bench.call<Record<string, { connectionsOpen: number }>>('GET', '/gameday/traffic');
      return json['http']?.connectionsOpen === 0 || undefined;
    };
    await waitUntil(realClock, areGone, { what: 'the end of all', limitMs: 5000 });
    // All of it is free again: as many as there is room for are held whole.
    server.sockets.length = 0;
    const next = await askAll(16);
    const haveSaidAll = (): true | undefined =>
      (server.sockets.length === 16 && server.sockets.every(({ writableLength }) => writableLength === 0)) || undefined;
    await waitUntil(realClock, haveSaidAll, { what: 'what all servers say', limitMs: 20_000 });
    await realClock.sleep(300);
    expect(next.map(({ receivedBytes }) => receivedBytes < 1000)).toEqual(Array(16).fill(true));
  });

  it('has a bound for answers that a client does not read, and for requests that it sends meanwhile', async () => {
    await using bench = await startBench();
    const tcp = await bench.tcp(() => undefined);
    const port = await bench.proxy('http', tcp.address);
    await bench.toxic('http', { name: 'busy', type: 'http_status', attributes: { body: 'x'.repeat(6000) } });
    const client = await bench.dial(port);
    client.socket.pause();
    for (let count = 0; count < 10_000; count++) client.socket.write(get(`/${'a'.repeat(967)}`));
    const seen = async (): Promise<number> => Number((await bench.receipt('http', 'busy'))['requestsSeen']);
    const stands = async (): Promise<number | undefined> => {
      const before = await seen();
      for (let looks = 0; looks < 10; looks++) {
        await realClock.sleep(30);
        if ((await seen()) !== before) return undefined;
      }
      return before > 0 ? before : undefined;
    };
    // Each that has been looked at would have been answered with 6 kB.
    expect(await waitUntil(realClock, stands, { what: 'a stall', limitMs: 20_000 })).toBeLessThan(5000);
    client.socket.resume();
    const all = async (): Promise<true | undefined> => ((await seen()) === 10_000 ? true : undefined);
    await waitUntil(realClock, all, { what: 'all requests', limitMs: 20_000 });
  }, 60_000);

  it('has a bound for heartbeats that a client does not read', async () => {
    const bench = new EdgeBench();
    const { client, server, clock } = bench;
    bench.add('stream_heartbeat', { events: 1, interval: 1 });
    client.say(Buffer.from(get('/')));
    server.say(Buffer.from(`${events}data: 2\n\n`));
    await clock.advance(10);
    const read = client.text.length;
    client.isBlocked = true;
    await clock.advance(60_000);
    expect(client.text.length - read).toBeLessThan(100);
    client.drain();
    await clock.advance(100);
    expect(client.text.length - read).toBeGreaterThan(1000);
    for (const toxic of bench.toxics) bench.remove(toxic);
    expect(clock.pending).toBe(0);
  });
});

describe('a client that has been paused', () => {
  it('goes on when the server takes something again, although what it sends next is kept from the server', async () => {
    const bench = new EdgeBench();
    const { client, server } = bench;
    bench.add('http_status', { path: '/busy' });
    server.isBlocked = true;
    client.say(Buffer.from('POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nxxxx'));
    client.say(Buffer.from(get('/busy')));
    expect([client.isPaused, client.waitingBytes]).toEqual([true, get('/busy').length]);
    server.drain();
    await Promise.resolve();
    expect([client.isPaused, client.waitingBytes]).toEqual([false, 0]);
    server.say(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    expect(client.text).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 503 /);
  });

  it.each(['the toxic goes', 'the answers are there'])(
    'by too many requests that wait goes on when %s',
    async (when) => {
      const bench = new EdgeBench();
      const { client, clock } = bench;
      const status = bench.add('http_status');
      const late = bench.add('http_latency', { latency: 1000 });
      for (let count = 0; count < 300; count++) client.say(Buffer.from(get('/')));
      expect([client.isPaused, client.waitingBytes]).toEqual([true, (300 - 256) * get('/').length]);
      if (when === 'the toxic goes') {
        bench.remove(late);
        await clock.advance(1);
      } else await clock.advance(301_000);
      expect([client.isPaused, client.waitingBytes]).toEqual([false, 0]);
      expect(client.text.match(/ 503 /g)).toHaveLength(300);
      expect(status.account()).toMatchObject({ requestsSeen: 300, requestsAltered: 300 });
    },
  );

  it('by the server and by too many requests goes on only when neither holds it', async () => {
    const bench = new EdgeBench();
    const { client, server, clock } = bench;
    bench.add('http_status', { path: '/busy' });
    const late = bench.add('http_latency', { latency: 1000, path: '/busy' });
    server.isBlocked = true;
    client.say(Buffer.from(get('/busy').repeat(300) + get('/')));
    expect(client.isPaused).toBe(true);
    server.drain();
    expect(client.isPaused).toBe(true);
    server.isBlocked = true;
    bench.remove(late);
    await clock.advance(1);
    expect(client.isPaused).toBe(false);
  });
});
