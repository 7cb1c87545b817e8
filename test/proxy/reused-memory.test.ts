import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { ReadMemory, takeOver, WireSocket } from '../../harness/proxy/wire-socket.ts';
import { realClock, startBench, type Bench, type Peer } from './support.ts';

// Sockets read into memory that is used again as soon as somebody else has the bytes. Who still holds them then would see others in their place.
let bench: Bench;
let port: number;
beforeEach(async () => {
  bench = await startBench();
  port = await bench.proxy('a', (await bench.echo()).address);
});
afterEach(() => bench.cleanup.stop());

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Stands still again and again, for so long that the buffers of the system are full and what is written can be taken only in part. */
async function readHaltingly(peer: Peer, wanted: number): Promise<void> {
  const random = seededRandom(peer.socket.localPort ?? 0);
  while (peer.receivedBytes < wanted && !peer.socket.destroyed) {
    peer.socket.pause();
    await realClock.sleep(60 + random.next() * 60);
    peer.socket.resume();
    await realClock.sleep(random.next() * 10);
  }
}

/** In pieces of all sizes, each read by itself where there is time: what little comes is treated otherwise than what fills the memory. */
async function writeInPieces(peer: Peer, sent: Buffer): Promise<void> {
  const random = seededRandom(sent.length);
  for (let from = 0; from < sent.length;) {
    const bytes = random.pick([900_000, 40_000, 40_000, 9000, 3000, 50]);
    if (!peer.socket.write(sent.subarray(from, from + bytes)))
      await new Promise((resolve) => peer.socket.once('drain', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    from += bytes;
  }
}

/** What a server does that has more than anybody reads. */
function sendWithoutEnd(socket: Socket): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
  };
  socket.on('drain', write);
  write();
}

async function echoed(bytes: number): Promise<boolean> {
  const peer = await bench.dial(port);
  const sent = randomBytes(bytes);
  await Promise.all([writeInPieces(peer, sent), readHaltingly(peer, bytes), peer.bytes(bytes)]);
  return digest(peer.received) === digest(sent);
}

describe('four connections that send and receive at the same time, in pieces of all sizes, to somebody who reads haltingly', () => {
  const all = (): Promise<boolean[]> =>
    Promise.all(Array.from({ length: 4 }, (_, index) => echoed(30_000_000 + index * 100_003)));
  const whole = Array.from({ length: 4 }, () => true);

  it('each get back what they sent', async () => {
    expect(await all()).toEqual(whole);
  });

  it('each get back what they sent while toxics come, hold it for a moment, and go', async () => {
    const ending = new AbortController();
    const flip = async (): Promise<number> => {
      for (let round = 0; ; round++) {
        if (ending.signal.aborted) return round;
        const types = [
          { type: 'latency', attributes: { latency: round % 8 } },
          { type: 'slicer', attributes: { average_size: 50_000, size_variation: 20_000 } },
        ];
        for (const stream of ['upstream', 'downstream'])
          await bench.toxic('a', { name: stream, stream, ...types[round % 2] });
        await realClock.sleep(40);
        for (const name of ['upstream', 'downstream']) await bench.call('DELETE', `/proxies/a/toxics/${name}`);
        await realClock.sleep(15);
      }
    };
    const flipping = flip();
    const results = await all();
    ending.abort();
    expect(await flipping).toBeGreaterThan(5);
    expect(results).toEqual(whole);
  });
});

it('an accepted socket of this platform can be taken over, so that memory is used again in both directions', async () => {
  const taken: Socket[] = [];
  const server = await bench.tcp((socket) => void taken.push(takeOver(socket, new ReadMemory()).resume()));
  await bench.dial(server.port);
  await waitUntil(realClock, () => taken[0], { limitMs: 2000, what: 'a connection' });
  expect(taken[0]).toBeInstanceOf(WireSocket);
  taken[0]?.destroy();
});

it('a socket that is paused before it has connected reads one chunk at most until it is resumed', async () => {
  const server = await bench.tcp(sendWithoutEnd);
  const socket = new WireSocket(new ReadMemory());
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('error', () => undefined);
  socket.connect({ host: '127.0.0.1', port: server.port }).pause();
  await realClock.sleep(300);
  expect(bytes).toBeLessThanOrEqual(65_536);
  socket.resume();
  await waitUntil(realClock, () => (bytes > 1_000_000 ? true : undefined), { limitMs: 5000, what: 'more' });
  socket.destroy();
});

describe('turns of sockets of which much comes', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('go on at once until 4 MiB have been read in one turn, then sixteen in each of the next, in order', async () => {
    const memory = new ReadMemory();
    const gone: number[] = [];
    const ask = (socket: number): boolean => memory.mayGoOn(262_144, () => void gone.push(socket));
    expect(Array.from({ length: 15 }, (_, socket) => ask(socket))).toEqual(Array(15).fill(true));
    for (let socket = 0; socket < 20; socket++) expect(ask(socket)).toBe(false);
    expect(gone).toEqual([]);
    await turn();
    expect(gone).toEqual(Array.from({ length: 16 }, (_, socket) => socket));
    await turn();
    expect(gone).toEqual(Array.from({ length: 20 }, (_, socket) => socket));
    // That was all: a later turn has its own.
    await turn();
    expect(ask(0)).toBe(true);
  });

  it('are taken once by a socket that has asked more than once', async () => {
    const memory = new ReadMemory();
    const gone: string[] = [];
    const twice = (): void => void gone.push('twice');
    memory.mayGoOn(4 * 1024 * 1024, () => undefined);
    for (let count = 0; count < 3; count++) memory.mayGoOn(1, twice);
    memory.mayGoOn(1, () => void gone.push('other'));
    await turn();
    await turn();
    expect(gone).toEqual(['twice', 'other']);
  });

  it('are waited for by a socket, which does not begin where it is paused or gone by then', async () => {
    const server = await bench.tcp(sendWithoutEnd);
    const turns: (() => void)[] = [];
    const memory = Object.assign(new ReadMemory(), {
      mayGoOn: (_bytes: number, goOn: () => void) => {
        turns.push(goOn);
        return false;
      },
    });
    const socket = new WireSocket(memory);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('error', () => undefined);
    socket.connect({ host: '127.0.0.1', port: server.port });
    const asked = (times: number): Promise<true> =>
      waitUntil(realClock, () => turns.length >= times || undefined, { limitMs: 5000, what: `${times} turns` });
    const standsStill = async (): Promise<boolean> => {
      const before = bytes;
      await realClock.sleep(100);
      return bytes === before;
    };
    for (const times of [1, 2, 3]) {
      await asked(times);
      expect(await standsStill()).toBe(true);
      turns.at(-1)?.();
    }
    await asked(4);
    socket.pause();
    turns.at(-1)?.();
    expect(await standsStill()).toBe(true);
    socket.resume();
    await asked(5);
    socket.destroy();
    turns.at(-1)?.();
    expect(await standsStill()).toBe(true);
  });
});
