import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import {
  againstRealServer,
  offerUntilStalled,
  portState,
  realClock,
  startBench,
  startSharedBench,
  type Bench,
  type TcpServer,
} from './support.ts';

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startSharedBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('without toxics', () => {
  it('passes bytes on intact and in order, both ways', async () => {
    const peer = await bench.dial(await bench.proxy('a', echo.address));
    const sent = randomBytes(5_000_000);
    peer.socket.write(sent.subarray(0, 3));
    await peer.bytes(3);
    peer.socket.write(sent.subarray(3));
    await peer.bytes(sent.length);
    expect(digest(peer.received)).toBe(digest(sent));
  });

  it.skipIf(againstRealServer)('lets one side finish while the other still speaks', async () => {
    const upstream = await bench.tcp((socket) => {
      socket.on('end', () => {
        socket.write('after your end');
        setImmediate(() => socket.end());
      });
      socket.resume();
    });
    const peer = await bench.dial(await bench.proxy('a', upstream.address));
    peer.socket.end('question');
    await peer.closed();
    expect([peer.text, peer.errorCode]).toEqual(['after your end', undefined]);
  });

  it('closes a client within half a second when the upstream refuses', async () => {
    const port = await bench.proxy('a', '127.0.0.1:1');
    const tookMs: number[] = [];
    for (let count = 0; count < 3; count++) {
      const startMs = realClock.now();
      const peer = await bench.dial(port);
      await peer.finished();
      tookMs.push(realClock.now() - startMs);
    }
    // A busy machine may be slow once or twice; a limit that has to run out would be there each time.
    expect(Math.min(...tookMs)).toBeLessThan(500);
  });

  it('does not hold memory for a receiver that does not read: the sender is slowed down', async () => {
    const upstream = await bench.tcp((socket) => void socket.pause());
    const peer = await bench.dial(await bench.proxy('a', upstream.address));
    // What is taken is what the sockets of the system hold.
    await offerUntilStalled(peer, 100);
    expect(peer.socket.writableLength).toBeGreaterThan(70_000_000);
  });

  it.each(['localhost', 'localhost:99999', 'http://localhost:80', '::1:80', 'no.such.host.invalid:80'])(
    'takes the upstream %s, closes its clients in good order and serves the next',
    async (upstream) => {
      const port = await bench.proxy('a', upstream);
      expect((await bench.call('GET', '/proxies/a')).json).toMatchObject({ upstream, enabled: true });
      for (let count = 0; count < 2; count++) {
        const peer = await bench.dial(port);
        await peer.finished();
        expect([peer.errorCode, peer.text]).toEqual([undefined, '']);
      }
      const echo = await bench.echo();
      expect((await bench.call('POST', '/proxies/a', { upstream: echo.address })).status).toBe(200);
      await (await bench.dial(port)).roundTrip('hello');
    },
  );
});

describe('disabling', () => {
  it('refuses new connections and drops live ones; enabled again it has the same port and works', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    await bench.call('PATCH', '/proxies/a', { enabled: false });
    await peer.finished();
    expect(await portState(port)).toBe('ECONNREFUSED');
    expect((await bench.call('PATCH', '/proxies/a', { enabled: true })).json).toMatchObject({
      listen: `127.0.0.1:${port}`,
    });
    const again = await bench.dial(port);
    await again.roundTrip('hello again');
    expect(again.text).toBe('hello again');
  });
});

describe('toxics that come and go', () => {
  it('lose no byte and keep the order while latency is added and removed under a stream', async () => {
    const peer = await bench.dial(await bench.proxy('a', echo.address));
    const sent = randomBytes(2 * 65_535);
    const flips = async (): Promise<number> => {
      for (let count = 0; ; count++) {
        if (peer.receivedBytes === sent.length) return count;
        await bench.toxic('a', { name: 'slow', type: 'latency', stream: 'upstream', attributes: { latency: 1000 } });
        await bench.call('DELETE', '/proxies/a/toxics/slow');
      }
    };
    const writes = async (): Promise<void> => {
      for (let at = 0; at < sent.length; at += 2) {
        peer.socket.write(sent.subarray(at, at + 2));
        if (at % 512 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await peer.bytes(sent.length);
    };
    const [count] = await Promise.all([flips(), writes()]);
    expect(count).toBeGreaterThan(10);
    expect(digest(peer.received)).toBe(digest(sent));
  });

  it('keep a connection open over adding, changing and two resets', async () => {
    const peer = await bench.dial(await bench.proxy('a', echo.address));
    for (let round = 0; round < 2; round++) {
      await bench.toxic('a', { type: 'latency', attributes: { latency: 20 } });
      expect(await peer.roundTrip('slow')).toBeGreaterThanOrEqual(20);
      await bench.call('PATCH', '/proxies/a/toxics/latency_downstream', { attributes: { latency: 0 } });
      await peer.roundTrip('fast');
      await bench.call('POST', '/reset');
      await peer.roundTrip('reset');
    }
    expect(peer.text).toBe('slowfastreset'.repeat(2));
  });
});

describe('control', () => {
  it('answers within 50 ms when a toxic is removed from a stalled connection', async () => {
    await bench.cleanup.stop();
    bench = await startBench();
    const upstream = await bench.tcp((socket) => void socket.pause());
    const peer = await bench.dial(await bench.proxy('a', upstream.address));
    const stall = { name: 'stall', type: 'bandwidth', stream: 'upstream', attributes: { rate: 0 } };
    await bench.toxic('a', stall);
    await offerUntilStalled(peer, 40);
    // The proxy has stopped reading: the rest waits at the sender.
    expect(peer.socket.writableLength).toBeGreaterThan(20_000_000);
    const tookMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const startMs = realClock.now();
      expect((await bench.call('DELETE', '/proxies/a/toxics/stall')).status).toBe(204);
      tookMs.push(realClock.now() - startMs);
      await bench.toxic('a', stall);
    }
    // The fastest of three: a busy machine may be slow once, a removal that waits for data is slow each time.
    expect(Math.min(...tookMs)).toBeLessThan(50);
    await bench.call('DELETE', '/proxies/a/toxics/stall');
    upstream.sockets[0]?.resume();
    await waitUntil(realClock, () => (upstream.sockets[0]?.bytesRead === 40_000_000 ? true : undefined), {
      what: 'all that was held back',
      limitMs: 5_000,
    });
  });
});
