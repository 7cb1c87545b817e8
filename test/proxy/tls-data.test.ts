import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../harness/kit/clock.ts';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { dialLimitMs } from '../../harness/proxy/connection.ts';
import { borrow, offerUntilStalled, realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';
import {
  authorityOf,
  certify,
  dialTls,
  handshakeOutcome,
  liveConnections,
  startTls,
  untilDeserted,
  type Certified,
} from './tls-support.ts';

/** For all: to make keys and certificates takes longer than to shake hands. */
let shared: Bench;
let ca: string;
let certified: Certified;
beforeAll(async () => {
  shared = await startBench();
  ca = await authorityOf(shared);
  certified = await certify();
});
afterAll(() => shared.cleanup.stop());

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = borrow(shared);
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const tls = { client: {} };

/** TLS on both sides, to a server that sends back what comes. */
async function throughBoth(): Promise<number> {
  const server = await startTls(bench, certified, (socket) => socket.pipe(socket));
  return bench.proxy('a', server.address, { tls: { client: {}, upstream: { ca: certified.ca } } });
}

describe('without toxics', () => {
  it('passes bytes on intact and in order, both ways, with TLS on both sides', async () => {
    const peer = await dialTls(bench, await throughBoth(), { ca });
    const sent = randomBytes(5_000_000);
    peer.socket.write(sent.subarray(0, 3));
    await peer.bytes(3);
    peer.socket.write(sent.subarray(3));
    await peer.bytes(sent.length);
    expect(digest(peer.received)).toBe(digest(sent));
  });

  it('lets one side finish while the other still speaks', async () => {
    const answer = (socket: {
      on(event: 'end', listener: () => void): void;
      resume(): void;
      end(text: string): void;
    }) => {
      socket.on('end', () => setTimeout(() => socket.end('after your end'), 50));
      socket.resume();
    };
    const server = await startTls(bench, certified, answer);
    const port = await bench.proxy('a', server.address, { tls: { client: {}, upstream: { ca: certified.ca } } });
    // A client of Node's with TLS is half-open only over a socket that is.
    const wire = await bench.dial(port);
    const socket = connect({ socket: wire.socket, ca, host: '127.0.0.1' });
    await once(socket, 'secureConnect');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.end('question');
    await once(socket, 'end');
    expect(text).toBe('after your end');
    await untilDeserted(server);
    expect(await liveConnections(bench, 'a')).toBe(0);
  });

  it('hands on what a server still sends while the client finishes', async () => {
    const sent = randomBytes(3_000_000);
    const server = await startTls(bench, certified, (socket) => socket.resume().end(sent));
    const port = await bench.proxy('a', server.address, { tls: { client: {}, upstream: { ca: certified.ca } } });
    const wire = await bench.dial(port);
    const socket = connect({ socket: wire.socket, ca, host: '127.0.0.1' });
    await once(socket, 'secureConnect');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.end('no more');
    await once(socket, 'end');
    expect(digest(Buffer.concat(chunks))).toBe(digest(sent));
  });

  it('does not hold memory for a receiver that does not read: the sender is slowed down', async () => {
    const server = await startTls(bench, certified, (socket) => void socket.pause());
    const port = await bench.proxy('a', server.address, { tls: { client: {}, upstream: { ca: certified.ca } } });
    const peer = await dialTls(bench, port, { ca });
    await offerUntilStalled(peer, 60);
    expect(peer.socket.writableLength).toBeGreaterThan(35_000_000);
  });

  it('hands a reset on as a reset, from either side to the other', async () => {
    /** By the number of the connection. */
    const seenByServer: [number, string | undefined][] = [];
    let count = 0;
    const server = await startTls(bench, certified, (socket) => {
      const number = ++count;
      socket.resume().on('error', (cause: NodeJS.ErrnoException) => seenByServer.push([number, cause.code]));
    });
    const port = await bench.proxy('a', server.address, { tls: { client: {}, upstream: { ca: certified.ca } } });
    const peer = await dialTls(bench, port, { ca });
    peer.socket.write('x');
    await traffic('bytesUpstream', 1);
    server.sockets[0]?.resetAndDestroy();
    await peer.closed();
    expect(peer.errorCode).toBe('ECONNRESET');
    const wire = await bench.dial(port);
    const socket = connect({ socket: wire.socket, ca, host: '127.0.0.1' }).on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write('x');
    await traffic('bytesUpstream', 2);
    wire.socket.resetAndDestroy();
    await untilDeserted(server);
    expect(seenByServer).toEqual([[2, 'ECONNRESET']]);
    expect(await liveConnections(bench, 'a')).toBe(0);
  });

  it('drops live connections when it is disabled', async () => {
    const port = await throughBoth();
    const peer = await dialTls(bench, port, { ca });
    await peer.roundTrip('hello');
    expect(await liveConnections(bench, 'a')).toBe(1);
    await peer.closed();
  });
});

describe('toxics see what is inside of TLS', () => {
  let peer: Peer;
  beforeEach(async () => {
    peer = await dialTls(bench, await throughBoth(), { ca });
    await peer.roundTrip('hello');
  });

  it('latency delays it', async () => {
    await bench.toxic('a', { type: 'latency', attributes: { latency: 80 } });
    expect(await peer.roundTrip('slow')).toBeGreaterThanOrEqual(80);
  });

  it.each(['upstream', 'downstream'])('slicer cuts it, and keeps it whole (%s)', async (stream) => {
    await bench.toxic('a', { name: 'cut', type: 'slicer', stream, attributes: { average_size: 50, delay: 10 } });
    const sent = randomBytes(3_000);
    peer.socket.write(sent);
    await peer.bytes(5 + sent.length);
    expect(digest(peer.received.subarray(5))).toBe(digest(sent));
    expect((await bench.receipt('a', 'cut'))['bytesAltered']).toBeGreaterThan(2_000);
  });

  it('bandwidth is that of what is inside', async () => {
    await bench.toxic('a', { type: 'bandwidth', stream: 'upstream', attributes: { rate: 100 } });
    expect(await peer.roundTrip('x'.repeat(30_000))).toBeGreaterThan(200);
  });

  it('limit_data passes so many bytes of it on, and then ends', async () => {
    await bench.toxic('a', { type: 'limit_data', attributes: { bytes: 3 } });
    peer.socket.write('0123456789');
    await peer.finished();
    expect([peer.text, peer.errorCode]).toEqual(['hello012', undefined]);
  });

  it('corrupt changes it, and TLS does not notice', async () => {
    await bench.toxic('a', { type: 'corrupt', attributes: { rate: 1 } });
    await peer.roundTrip('aaaa');
    expect(peer.text).toHaveLength(9);
    expect(peer.text).not.toContain('aaaa');
  });

  it('reset_peer resets the TCP connections underneath', async () => {
    await bench.toxic('a', { type: 'reset_peer', attributes: { timeout: 0 } });
    peer.socket.write('x');
    await peer.closed();
    expect(peer.errorCode).toBe('ECONNRESET');
  });

  it('timeout closes after its removal', async () => {
    await bench.toxic('a', { name: 'hole', type: 'timeout', attributes: { timeout: 0 } });
    peer.socket.write('lost');
    await bench.untilAltered('a', 'hole', 4);
    await bench.call('DELETE', '/proxies/a/toxics/hole');
    await peer.closed();
    expect(peer.text).toBe('hello');
  });

  it('slow_close hands the end on late', async () => {
    await bench.toxic('a', { type: 'slow_close', attributes: { delay: 100 } });
    const startMs = realClock.now();
    peer.socket.end();
    await peer.finished();
    expect(realClock.now() - startMs).toBeGreaterThanOrEqual(100);
  });

  afterEach(async () => {
    peer.socket.destroy();
    await bench.call('POST', '/reset');
    await gone('a');
  });
});

describe('toxics that were there first', () => {
  it('see the first byte inside of TLS', async () => {
    const port = await bench.proxy('a', echo.address, {
      tls,
      toxics: [{ name: 'all', type: 'corrupt', attributes: { rate: 1 } }],
    });
    const peer = await dialTls(bench, port, { ca });
    await peer.roundTrip('aaaa');
    expect(await bench.receipt('a', 'all')).toMatchObject({ bytesAltered: 4 });
  });

  it('count from when the connection began: close_after ends one that never shakes hands', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { type: 'close_after', attributes: { delay: 50 } });
    const silent = await bench.dial(port);
    await silent.finished();
    expect(await bench.receipt('a', 'close_after_downstream')).toMatchObject({ connectionsAltered: 1 });
  });
});

describe('handshakes that fail', () => {
  it('close the connection of a client that speaks something else, and the proxy stays', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    const plain = await bench.dial(port);
    plain.socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await plain.finished();
    expect(plain.text).not.toContain('HTTP');
    expect(await handshakeOutcome(port, { ca })).toBe('ok');
    await gone('a');
  });

  it.each(['destroy', 'resetAndDestroy', 'end'] as const)(
    'leave nothing of a client that leaves in the middle by %s',
    async (how) => {
      const port = await bench.proxy('a', echo.address, { tls });
      const hello = await clientHello();
      const peer = await bench.dial(port);
      peer.socket.write(hello.subarray(0, 100));
      await realClock.sleep(20);
      peer.socket.write(hello.subarray(100));
      await peer.bytes(1);
      peer.socket[how]();
      await peer.closed();
      await gone('a');
    },
  );

  it('leave nothing of a client that goes on with what is no TLS, and stays', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    const wire = await bench.dial(port);
    const staying = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => void wire.socket.write(chunk, done),
    });
    wire.socket.on('data', (chunk: Buffer) => staying.push(chunk));
    const socket = connect({ socket: staying, ca, host: '127.0.0.1' }).on('error', () => undefined);
    await once(socket, 'secureConnect');
    wire.socket.write(randomBytes(200));
    await untilDeserted(echo);
    await gone('a');
  });

  it('leave nothing after 60 handshakes, a third of which is refused', async () => {
    const port = await throughBoth();
    const outcomes: string[] = [];
    for (let round = 0; round < 6; round++) {
      const ten = Array.from({ length: 10 }, (_, index) => handshakeOutcome(port, index % 3 === 2 ? {} : { ca }));
      outcomes.push(...(await Promise.all(ten)));
    }
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(42);
    expect(outcomes.filter((outcome) => outcome === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')).toHaveLength(18);
    await gone('a');
  });
});

describe('an upstream with TLS', () => {
  it.each([
    ['of an authority that is not known', {}, ['localhost', '127.0.0.1']],
    ['of another name', { name: 'api.example.com' }, ['localhost', '127.0.0.1']],
    ['of another address', {}, ['localhost']],
  ])('is refused when its certificate is %s, before it has heard a byte', async (what, upstream, names) => {
    const own = await certify(names);
    let heard = 0;
    const server = await startTls(bench, own, (socket) => void socket.on('data', () => (heard += 1)));
    const trusted = what === 'of an authority that is not known' ? upstream : { ...upstream, ca: own.ca };
    const port = await bench.proxy('a', server.address, { tls: { upstream: trusted } });
    const peer = await bench.dial(port);
    peer.socket.end('a secret');
    await peer.finished();
    await gone('a');
    expect(server.sockets).toHaveLength(1);
    expect([heard, peer.text]).toEqual([0, '']);
  });

  it('is asked for by the name that is given, and has to have it', async () => {
    const own = await certify(['api.example.com']);
    const asked: unknown[] = [];
    const server = await startTls(bench, own, (socket) => {
      asked.push(socket.servername);
      socket.pipe(socket);
    });
    const upstream = { ca: own.ca, name: 'api.example.com' };
    const peer = await bench.dial(await bench.proxy('a', server.address, { tls: { upstream } }));
    await peer.roundTrip('hello');
    expect(asked).toEqual(['api.example.com']);
  });

  it('has to be reached, and its handshake done, within the time of a connect', async () => {
    const hurried = hurriedClock();
    const other = await startBench({ clock: hurried });
    const silent = await bench.tcp((socket) => void socket.resume());
    const peer = await other.dial(await other.proxy('a', silent.address, { tls: { upstream: {} } }));
    await waitUntil(realClock, async () => silent.sockets[0], { what: 'the dial', limitMs: 2_000 });
    await realClock.sleep(50);
    expect(peer.socket.destroyed || peer.ended).toBe(false);
    hurried.fire(dialLimitMs);
    await peer.finished();
    await other.cleanup.stop();
  });

  it('that is none closes the client', async () => {
    const server = await bench.tcp((socket) =>
      socket.end('no TLS here, whatever you may say to me, not a word of it\n'),
    );
    const peer = await bench.dial(await bench.proxy('a', server.address, { tls: { upstream: {} } }));
    peer.socket.write('hello');
    await peer.finished();
    expect(peer.text).toBe('');
    await gone('a');
  });

  it('that refuses the connection closes the client within 500 ms', async () => {
    const port = await bench.proxy('a', '127.0.0.1:1', { tls: { upstream: {} } });
    const startMs = realClock.now();
    const peer = await bench.dial(port);
    await peer.finished();
    expect(realClock.now() - startMs).toBeLessThan(500);
  });
});

async function traffic(figure: string, wanted: number): Promise<void> {
  for (let count = 0; count < 200; count++) {
    const seen = await bench.call<Record<string, Record<string, number>>>('GET', '/gameday/traffic');
    if (seen.json['a']?.[figure] === wanted) return;
    await realClock.sleep(5);
  }
  throw new Error(`${figure} never was ${wanted}`);
}

/** What a client of Node's says first. */
async function clientHello(): Promise<Buffer> {
  const listener = await bench.tcp(() => undefined);
  const client = connect({ port: listener.port, host: '127.0.0.1' }).on('error', () => undefined);
  const socket = await waitUntil(realClock, async () => listener.sockets[0], { what: 'a client', limitMs: 2_000 });
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  return hello;
}

/** The clock of the machine, whose timers of one length can be made to fire at once. */
function hurriedClock(): Clock & { fire(delayMs: number): void } {
  const pending = new Map<() => void, number>();
  return {
    ...realClock,
    setTimer: (callback, delayMs) => {
      pending.set(callback, delayMs);
      const timer = realClock.setTimer(callback, delayMs);
      const cancel = (): void => {
        pending.delete(callback);
        timer.cancel();
      };
      return { cancel };
    },
    fire: (delayMs) => {
      for (const [callback, wanted] of pending) if (wanted === delayMs) callback();
    },
  };
}

/** All that has to go is gone by now, on a busy machine too: it takes turns of this process more than time. */
async function gone(proxy: string): Promise<void> {
  await realClock.sleep(100);
  for (let turns = 0; turns < 50; turns++) await nextTurn();
  expect(await liveConnections(bench, proxy)).toBe(0);
}
