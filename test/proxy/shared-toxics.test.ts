import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { againstRealServer, realClock, startSharedBench, type Bench, type TcpServer } from './support.ts';

// What toxics do by our account and by Toxiproxy's, after its own tests: these run against either (`npm run test:toxiproxy`). That nothing
// comes too early is asserted; how late it comes depends on the machine.

/** A proxy before an echo, for one test. */
async function begin(): Promise<AsyncDisposable & { bench: Bench; echo: TcpServer; port: number }> {
  const bench = await startSharedBench();
  const echo = await bench.echo();
  const port = await bench.proxy('a', echo.address);
  return { bench, echo, port, [Symbol.asyncDispose]: () => bench.cleanup.stop() };
}

/** Timers of either may fire a fraction early. */
const earlyMs = 2;

async function since(work: () => Promise<unknown>): Promise<number> {
  const fromMs = realClock.now();
  await work();
  return realClock.now() - fromMs;
}

interface Collecting extends TcpServer {
  /** How many pieces what came was read in: no more than it was sent in, as TCP may join small ones. */
  reads(): number;
  untilBytes(count: number): Promise<void>;
  digest(): string;
}

/** An upstream that only reads. */
async function collecting(bench: Bench): Promise<Collecting> {
  const hash = createHash('sha256');
  let [bytes, reads] = [0, 0];
  const server = await bench.tcp((socket) =>
    socket.on('data', (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      reads += 1;
    }),
  );
  const untilBytes = async (count: number): Promise<void> => {
    await waitUntil(realClock, () => (bytes >= count ? true : undefined), {
      ...{ what: `${count} bytes`, limitMs: 15_000, everyMs: 2 },
    });
  };
  return { ...server, reads: () => reads, untilBytes, digest: () => hash.digest('hex') };
}

describe('latency', () => {
  it.each([
    { stream: ['upstream'], latency: 100, jitter: 0, least: 100 },
    { stream: ['downstream'], latency: 100, jitter: 0, least: 100 },
    { stream: ['upstream', 'downstream'], latency: 100, jitter: 0, least: 200 },
    { stream: ['downstream'], latency: 300, jitter: 100, least: 200 },
    { stream: ['downstream'], latency: 0, jitter: 0, least: 0 },
  ])('of $latency ± $jitter ms, $stream: 32 KB come back after $least ms at least, twice', async (one) => {
    await using begun = await begin();
    const { bench, port } = begun;
    const { stream, latency, jitter, least } = one;
    for (const way of stream) await bench.toxic('a', { type: 'latency', stream: way, attributes: { latency, jitter } });
    const peer = await bench.dial(port);
    for (const message of ['x', 'y'])
      expect(await peer.roundTrip(message.repeat(32_768))).toBeGreaterThanOrEqual(least - earlyMs);
    expect(peer.text).toBe('x'.repeat(32_768) + 'y'.repeat(32_768));
  });

  it('adds up where there are two', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    for (const name of ['one', 'two']) await bench.toxic('a', { name, type: 'latency', attributes: { latency: 250 } });
    expect(await (await bench.dial(port)).roundTrip('hello')).toBeGreaterThanOrEqual(500 - earlyMs);
  });
});

// Side by side, since they take seconds. The others are not: what came too early might look right where the machine is late.
describe.concurrent('latency of seconds', () => {
  it('loses and repeats nothing of 65,535 messages while it comes and goes, and hands on the end behind them', async () => {
    await using begun = await begin();
    const { bench } = begun;
    const sent = Buffer.alloc(2 * 65_535);
    for (let index = 0; index < 65_535; index++) sent.writeUInt16BE(index, 2 * index);
    const source = await bench.tcp(
      (socket) =>
        void (async () => {
          for (let at = 0; at < sent.length; at += 2) {
            socket.write(sent.subarray(at, at + 2));
            if (at % 512 === 0) await realClock.sleep(1);
          }
          socket.end();
        })(),
    );
    const other = await bench.proxy('b', source.address);
    const flipping = new AbortController();
    const flips = (async () => {
      let count = 0;
      for (; !flipping.signal.aborted; count++) {
        await bench.toxic('b', { name: `t${count}`, type: 'latency', attributes: { latency: 1000 } });
        await bench.call('DELETE', `/proxies/b/toxics/t${count}`);
      }
      return count;
    })();
    const peer = await bench.dial(other);
    await peer.finished();
    flipping.abort();
    // So many that most of the stream has met a change; a busy machine makes some seventy.
    expect(await flips).toBeGreaterThan(10);
    expect(peer.received.equals(sent)).toBe(true);
    expect([peer.ended, peer.errorCode]).toEqual([true, undefined]);
  });

  it('of 1500 ms is no limit to how fast 24 MB pass: chunks on their way overlap', async () => {
    await using begun = await begin();
    const { bench } = begun;
    const sentBytes = 24_000_000;
    const sink = await collecting(bench);
    const other = await bench.proxy('b', sink.address);
    await bench.toxic('b', { type: 'latency', stream: 'upstream', attributes: { latency: 1500 } });
    const peer = await bench.dial(other);
    const tookMs = await since(async () => {
      peer.socket.write(Buffer.alloc(sentBytes));
      await sink.untilBytes(sentBytes);
    });
    expect(tookMs).toBeGreaterThanOrEqual(1500 - earlyMs);
    // With 4 MiB on their way at a time they would take nine seconds; a slow machine passes the bytes in less than one.
    expect(tookMs).toBeLessThan(5000);
  });
});

describe('bandwidth', () => {
  it('of 1000 KB/s takes its time for 480 KB, which come as they were', async () => {
    await using begun = await begin();
    const { bench } = begun;
    const sink = await collecting(bench);
    const other = await bench.proxy('b', sink.address);
    await bench.toxic('b', { type: 'bandwidth', stream: 'upstream', attributes: { rate: 1000 } });
    const peer = await bench.dial(other);
    const sent = Buffer.from(Array.from({ length: 480_000 }, (_, index) => (index * 7) % 251));
    const tookMs = await since(async () => {
      peer.socket.write(sent);
      await sink.untilBytes(sent.length);
    });
    // What is handed on last may be a chunk of 64 KB.
    expect(tookMs).toBeGreaterThanOrEqual(480 - 66);
    expect(sink.digest()).toBe(createHash('sha256').update(sent).digest('hex'));
  });
});

describe('timeout', () => {
  it('of 0 swallows everything, and its removal closes both ends', async () => {
    await using begun = await begin();
    const { bench, echo, port } = begun;
    await bench.toxic('a', { name: 'hole', type: 'timeout', attributes: { timeout: 0 } });
    const peer = await bench.dial(port);
    peer.socket.write('hello');
    await realClock.sleep(150);
    expect([peer.text, peer.ended]).toEqual(['', false]);
    expect(await since(() => bench.call('DELETE', '/proxies/a/toxics/hole'))).toBeLessThan(1000);
    await peer.finished();
    expect(peer.text).toBe('');
    const upstreamIsClosed = (): true | undefined => (echo.sockets[0]?.closed === true ? true : undefined);
    await waitUntil(realClock, upstreamIsClosed, { what: 'the end of the connection to the upstream', limitMs: 5000 });
  });

  it('closes after its time, not before', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { type: 'timeout', attributes: { timeout: 100 } });
    // From before it connects: the time counts from when the proxy has the connection, which may be before this process hears of it.
    const untilEnd = since(async () => (await bench.dial(port)).finished());
    expect(await untilEnd).toBeGreaterThanOrEqual(100 - earlyMs);
  });

  it.each([0, 60_000])('of %i closes when its sender has finished', async (timeout) => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { type: 'timeout', stream: 'upstream', attributes: { timeout } });
    const peer = await bench.dial(port);
    peer.socket.end('hello');
    await peer.finished();
    expect(peer.text).toBe('');
  });

  it('behind a latency does not hold up the removal of that', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 100 } });
    await bench.toxic('a', { name: 'hole', type: 'timeout', attributes: { timeout: 0 } });
    const peer = await bench.dial(port);
    peer.socket.write('hello');
    await realClock.sleep(50);
    expect(await since(() => bench.call('DELETE', '/proxies/a/toxics/slow'))).toBeLessThan(1000);
  });
});

describe('limit_data', () => {
  it.each([
    { limit: 100, sent: [50], passed: 50, closes: false },
    { limit: 100, sent: [100], passed: 100, closes: true },
    { limit: 100, sent: [150], passed: 100, closes: true },
    { limit: 100, sent: [25, 25, 25, 25], passed: 100, closes: true },
    { limit: 100, sent: [90, 20], passed: 100, closes: true },
    { limit: 0, sent: [1], passed: 0, closes: true },
    // Toxiproxy closes with something unread in its socket, which may reset it before the client has read everything.
    ...(againstRealServer ? [] : [{ limit: 1_000_000, sent: [1_500_000], passed: 1_000_000, closes: true }]),
  ])('of $limit passes $passed of $sent bytes', async ({ limit, sent, passed, closes }) => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { type: 'limit_data', attributes: { bytes: limit } });
    const peer = await bench.dial(port);
    for (const size of sent) {
      peer.socket.write(Buffer.alloc(size, 'x'));
      if (sent.length > 1) await realClock.sleep(20);
    }
    if (closes) await peer.finished();
    else await peer.bytes(passed);
    expect(peer.receivedBytes).toBe(passed);
  });

  it('keeps its count when other toxics come and go', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { type: 'limit_data', attributes: { bytes: 100 } });
    const peer = await bench.dial(port);
    await peer.roundTrip('x'.repeat(60));
    await bench.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 1 } });
    await bench.call('DELETE', '/proxies/a/toxics/slow');
    peer.socket.write('x'.repeat(60));
    await peer.finished();
    expect(peer.receivedBytes).toBe(100);
  });
});

describe('slow_close', () => {
  it('hands the end on late, and bytes at once', async () => {
    await using begun = await begin();
    const { bench } = begun;
    const answering = await bench.tcp((socket) => socket.end('all'));
    const other = await bench.proxy('b', answering.address);
    await bench.toxic('b', { type: 'slow_close', attributes: { delay: 200 } });
    // From before there was an end: whatever takes long here comes on top.
    const took = since(async () => {
      const peer = await bench.dial(other);
      await peer.bytes(3);
      await peer.finished();
    });
    expect(await took).toBeGreaterThanOrEqual(200);
  });
});

describe('slicer', () => {
  it('hands everything on as it was', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    const attributes = { average_size: 1024, size_variation: 512, delay: 10 };
    await bench.toxic('a', { type: 'slicer', stream: 'upstream', attributes });
    const peer = await bench.dial(port);
    const sent = Buffer.from(Array.from({ length: 480_000 }, (_, index) => (index * 7) % 251));
    peer.socket.write(sent);
    await peer.bytes(sent.length);
    expect(peer.received.equals(sent)).toBe(true);
  });

  // That there are enough pieces is seen by the delays between them, that there are not too many by how often something is read.
  it.each([
    { bytes: 480_000, average_size: 1024, size_variation: 512, delayMs: 1, least: 240, most: 720 },
    { bytes: 24, average_size: 1, size_variation: 0, delayMs: 20, least: 24, most: 24 },
  ])('of $average_size ± $size_variation cuts $bytes bytes into $least to $most pieces', async (one) => {
    await using begun = await begin();
    const { bench } = begun;
    const { bytes, delayMs, least, most, ...sizes } = one;
    const sink = await collecting(bench);
    const other = await bench.proxy('b', sink.address);
    await bench.toxic('b', { type: 'slicer', stream: 'upstream', attributes: { ...sizes, delay: delayMs * 1000 } });
    const peer = await bench.dial(other);
    const tookMs = await since(async () => {
      peer.socket.write(Buffer.alloc(bytes));
      await sink.untilBytes(bytes);
    });
    expect(tookMs).toBeGreaterThanOrEqual((least - 1) * delayMs - earlyMs);
    expect(sink.reads()).toBeLessThanOrEqual(most);
    // A machine that is busy joins some of them, not most.
    expect(sink.reads()).toBeGreaterThan(least / 4);
  });
});

describe('reset_peer', () => {
  it.each(['upstream', 'downstream'])(
    '%s resets a connection that was opened after it, not before its time',
    async (stream) => {
      await using begun = await begin();
      const { bench, port } = begun;
      await bench.toxic('a', { type: 'reset_peer', stream, attributes: { timeout: 100 } });
      const peer = await bench.dial(port);
      const tookMs = await since(async () => {
        peer.socket.write('hello');
        await peer.closed();
      });
      expect([peer.errorCode, peer.text]).toEqual(['ECONNRESET', '']);
      expect(tookMs).toBeGreaterThanOrEqual(100 - earlyMs);
    },
  );
});

describe('toxicity', () => {
  it('of 0 lets a connection be', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { type: 'timeout', toxicity: 0, attributes: { timeout: 10 } });
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    expect(peer.text).toBe('hello');
  });

  it('that is raised to 1 takes effect on a connection that is open', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { name: 'hole', type: 'timeout', toxicity: 0, attributes: { timeout: 100 } });
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    const tookMs = await since(async () => {
      await bench.call('POST', '/proxies/a/toxics/hole', { toxicity: 1, attributes: { timeout: 100 } });
      await peer.finished();
    });
    expect(peer.text).toBe('hello');
    expect(tookMs).toBeGreaterThanOrEqual(100 - earlyMs);
    // 50 ms more than its time are enough on a machine of one's own; one that others use may stand still for a second.
    expect(tookMs).toBeLessThan(2000);
  });
});

// Toxiproxy's API waits there until the connection is gone (Shopify/toxiproxy#558).
if (!againstRealServer)
  describe('a toxic that is removed from a connection on which everything stands still', () => {
    it('is gone at once, and what it held passes', async () => {
      await using begun = await begin();
      const { bench, port } = begun;
      await bench.toxic('a', { name: 'none', type: 'bandwidth', stream: 'upstream', attributes: { rate: 0 } });
      const peer = await bench.dial(port);
      peer.socket.write(Buffer.alloc(5_000_000));
      await realClock.sleep(100);
      expect(await since(() => bench.call('DELETE', '/proxies/a/toxics/none'))).toBeLessThan(1000);
      await peer.bytes(5_000_000);
    });
  });
