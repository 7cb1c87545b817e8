import { afterEach, beforeEach, expect, it } from 'vitest';
import { realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';

// On real sockets: nothing comes before its time, also the first time and the tenth. How late it comes is the machine's doing as much as ours, and
// `npm run bench:proxy` shows it beside Toxiproxy.

let bench: Bench;
let echo: TcpServer;
let port: number;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
  port = await bench.proxy('a', echo.address);
});
afterEach(() => bench.cleanup.stop());

async function since(fromMs: number, work: Promise<unknown>): Promise<number> {
  await work;
  return realClock.now() - fromMs;
}

const startMs = (): number => realClock.now();
const toxic = (type: string, attributes: Record<string, number>, stream = 'downstream'): Promise<void> =>
  bench.toxic('a', { type, stream, attributes });
const tenTimes = async (once: () => Promise<number>): Promise<number> => {
  const took: number[] = [];
  for (let count = 0; count < 10; count++) took.push(await once());
  return Math.min(...took);
};
const dial = (): Promise<Peer> => bench.dial(port);

it('latency: a round trip takes its time for each way, on one connection and on new ones', async () => {
  await toxic('latency', { latency: 13 }, 'upstream');
  await toxic('latency', { latency: 9 });
  const peer = await dial();
  expect(await tenTimes(() => peer.roundTrip('hello'))).toBeGreaterThanOrEqual(22);
  expect(await tenTimes(async () => (await dial()).roundTrip('hello'))).toBeGreaterThanOrEqual(22);
});

it('jitter: no less than the latency without it, and not always the same', async () => {
  await toxic('latency', { latency: 30, jitter: 20 });
  const peer = await dial();
  const took: number[] = [];
  for (let count = 0; count < 30; count++) took.push(await peer.roundTrip('hello'));
  expect(Math.min(...took)).toBeGreaterThanOrEqual(10);
  // 30 of 40 values: that none is in the upper quarter has a chance of 0.75^30.
  expect(Math.max(...took)).toBeGreaterThanOrEqual(40);
});

it.each([10, 100, 1000])('bandwidth of %i KB/s: what has come is never more than the rate allows', async (rate) => {
  await toxic('bandwidth', { rate }, 'upstream');
  const sent = rate * 300;
  const peer = await dial();
  const fromMs = startMs();
  peer.socket.write(Buffer.alloc(sent));
  const early: string[] = [];
  await new Promise<void>((resolve) => {
    peer.socket.on('data', () => {
      const allowed = (realClock.now() - fromMs) * rate;
      if (peer.receivedBytes > allowed) early.push(`${peer.receivedBytes} bytes where ${allowed} are allowed`);
      if (peer.receivedBytes === sent) resolve();
    });
  });
  expect(early).toEqual([]);
});

it('slow_close: the end comes its time after it was sent, to either side', async () => {
  await toxic('slow_close', { delay: 60 });
  await toxic('slow_close', { delay: 40 }, 'upstream');
  const peer = await dial();
  await peer.roundTrip('hello');
  const fromMs = startMs();
  peer.socket.end();
  // The echo ends when it has been told of the end.
  expect(await since(fromMs, peer.finished())).toBeGreaterThanOrEqual(100);
});

it('slicer: so many pieces take so many delays', async () => {
  await toxic('slicer', { average_size: 100, size_variation: 0, delay: 4500 });
  const peer = await dial();
  const fromMs = startMs();
  peer.socket.write(Buffer.alloc(2000));
  // The first goes at once, and timers are no finer than a millisecond.
  expect(await since(fromMs, peer.bytes(2000))).toBeGreaterThanOrEqual(19 * 4.5 - 1);
});

it('slicer: bytes come in pieces of its size where the delay keeps them apart', async () => {
  await toxic('slicer', { average_size: 3, size_variation: 0, delay: 20_000 });
  const peer = await dial();
  const pieces: number[] = [];
  peer.socket.on('data', (chunk: Buffer) => pieces.push(chunk.length));
  peer.socket.write('x'.repeat(24));
  await peer.bytes(24);
  // A busy machine may join some.
  expect(pieces.every((size) => size % 3 === 0)).toBe(true);
  expect(pieces.length).toBeGreaterThan(1);
});

it('timeout: closes its time after the last chunk, not after the connection began', async () => {
  await toxic('timeout', { timeout: 150 }, 'upstream');
  const peer = await dial();
  await realClock.sleep(20);
  const fromMs = startMs();
  peer.socket.write('hello?');
  expect(await since(fromMs, peer.finished())).toBeGreaterThanOrEqual(150);
});

it('reset_peer: resets its time after the first chunk', async () => {
  await toxic('reset_peer', { timeout: 70 }, 'upstream');
  const peer = await dial();
  await realClock.sleep(50);
  const fromMs = startMs();
  peer.socket.write('hello');
  expect(await since(fromMs, peer.closed())).toBeGreaterThanOrEqual(70);
  expect(peer.errorCode).toBe('ECONNRESET');
});

it('slow_accept: the first bytes come its time after the connection began, later ones at once', async () => {
  await toxic('slow_accept', { delay: 80 }, 'upstream');
  const fromMs = startMs();
  const peer = await dial();
  peer.socket.write('hello');
  // Between this process saying that it connects and the proxy taking the connection there is a moment, by which it may only be later.
  expect(await since(fromMs, peer.bytes(5))).toBeGreaterThanOrEqual(80);
  await peer.roundTrip('again');
  expect(peer.text).toBe('helloagain');
});

it.each(['upstream', 'downstream'])(
  'slow_accept: neither a request nor a greeting comes sooner, with stream %s',
  async (stream) => {
    let heardMs = 0;
    const greeting = await bench.tcp((socket) => {
      socket.write('welcome');
      socket.once('data', () => {
        heardMs = realClock.now();
        socket.write('answer');
      });
    });
    const other = await bench.proxy('b', greeting.address);
    await bench.toxic('b', { name: 'slow', type: 'slow_accept', stream, attributes: { delay: 150 } });
    const fromMs = startMs();
    const peer = await bench.dial(other);
    peer.socket.write('question');
    expect(await since(fromMs, peer.bytes(7))).toBeGreaterThanOrEqual(150);
    await peer.bytes(13);
    expect(peer.text).toBe('welcomeanswer');
    expect(heardMs - fromMs).toBeGreaterThanOrEqual(150);
    expect(await bench.receipt('b', 'slow')).toMatchObject({ connectionsAltered: 1, bytesDelayed: 15 });
  },
);

it('close_after: closes its time after the connection began, or after it came to an open one', async () => {
  const open = await dial();
  await open.roundTrip('hello');
  const addedMs = startMs();
  await toxic('close_after', { delay: 80 });
  const dialledMs = startMs();
  const fresh = await dial();
  const chatter = chat(fresh);
  const [openMs, freshMs] = await Promise.all([since(addedMs, open.finished()), since(dialledMs, fresh.finished())]);
  await chatter;
  expect(openMs).toBeGreaterThanOrEqual(80);
  expect(freshMs).toBeGreaterThanOrEqual(80);
});

it('limit_data: ends when its bytes have come, and with no less', async () => {
  await toxic('limit_data', { bytes: 100_000 });
  const peer = await dial();
  peer.socket.write(Buffer.alloc(300_000));
  await peer.finished();
  expect(peer.receivedBytes).toBe(100_000);
});

/** Speaks until it is closed. */
async function chat(peer: Peer): Promise<void> {
  while (!peer.ended && !peer.socket.destroyed) {
    peer.socket.write('x');
    await realClock.sleep(5);
  }
}
