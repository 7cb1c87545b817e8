import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil, withDeadline } from '../../harness/kit/deadline.ts';
import { realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';

// What becomes of a connection of which one side breaks down, or which a toxic ends, while bytes are on their way.

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.cleanup.stop());

const answer = 'HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n';
/** Answers what is sent and resets the connection as soon as that is out. */
const answersAndBreaks = (): Promise<TcpServer> =>
  bench.tcp((socket) => {
    socket.once('data', () => socket.write(answer, () => void setTimeout(() => socket.resetAndDestroy(), 20)));
  });

async function ask(port: number): Promise<Peer> {
  const peer = await bench.dial(port);
  peer.socket.write('POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi');
  await peer.finished();
  return peer;
}

describe('a server that answers and breaks down', () => {
  it.each([
    { type: 'noop', attributes: {} },
    { type: 'latency', attributes: { latency: 200 } },
    { type: 'bandwidth', attributes: { rate: 1 } },
    { type: 'slicer', attributes: { average_size: 10, delay: 20_000 } },
    { type: 'slow_close', attributes: { delay: 100 } },
    { type: 'http_latency', attributes: { latency: 200 } },
  ])('is heard through $type to what it said last, and then seen to reset', async (toxic) => {
    const port = await bench.proxy('a', (await answersAndBreaks()).address);
    await bench.toxic('a', toxic);
    const peer = await ask(port);
    expect([peer.text, peer.errorCode]).toEqual([answer, 'ECONNRESET']);
  });

  it('is heard, and seen to reset, when the toxic that held its answer is removed', async () => {
    const server = await answersAndBreaks();
    const port = await bench.proxy('a', server.address);
    await bench.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 3_600_000 } });
    const asked = ask(port);
    const isBroken = (): true | undefined => (server.sockets[0]?.destroyed === true ? true : undefined);
    await waitUntil(realClock, isBroken, { what: 'a server that has broken down', limitMs: 10_000 });
    await realClock.sleep(50);
    await bench.call('DELETE', '/proxies/a/toxics/slow');
    const peer = await asked;
    expect([peer.text, peer.errorCode]).toEqual([answer, 'ECONNRESET']);
  });
});

describe('a client that says something and breaks down', () => {
  it('is heard by the server to what it said last, and then seen to reset', async () => {
    let heard = '';
    let how: string | undefined;
    const server = await bench.tcp((socket) => {
      socket.on('data', (chunk) => (heard += chunk.toString()));
      socket.on('error', (cause) => (how = (cause as NodeJS.ErrnoException).code));
    });
    const port = await bench.proxy('a', server.address);
    await bench.toxic('a', { type: 'latency', stream: 'upstream', attributes: { latency: 200 } });
    const peer = await bench.dial(port);
    peer.socket.write('last words');
    await waitUntil(realClock, async () => (await received()) === 10 || undefined, {
      what: 'the words',
      limitMs: 10_000,
    });
    peer.socket.resetAndDestroy();
    await waitUntil(realClock, () => how, { what: 'a reset', limitMs: 10_000 });
    expect([heard, how]).toEqual(['last words', 'ECONNRESET']);
  });
});

/** Writes to a connection until that fails, and gives the code of the error. */
function brokenBy(socket: Socket): Promise<string> {
  let code: string | undefined;
  socket.on('error', (cause) => (code = (cause as NodeJS.ErrnoException).code));
  const look = (): string | undefined => {
    if (code === undefined) socket.write('is anybody there?');
    return code;
  };
  return waitUntil(realClock, look, { what: 'a broken connection', limitMs: 2_000, everyMs: 10 });
}

// After an end, the system tells of a reset as of a broken pipe.
describe('a side that has finished, and breaks down later', () => {
  it.each([undefined, { type: 'noop' }, { type: 'http_status', attributes: { path: '/none' } }])(
    'breaks down for a client that still speaks: %j',
    async (toxic) => {
      const server = await bench.tcp((socket) => socket.once('data', () => socket.end(answer)));
      const port = await bench.proxy('a', server.address);
      if (toxic) await bench.toxic('a', toxic);
      const peer = await ask(port);
      expect([peer.text, peer.errorCode]).toEqual([answer, undefined]);
      server.sockets[0]?.resetAndDestroy();
      expect(await brokenBy(peer.socket)).toBe('EPIPE');
    },
  );

  it.each([undefined, { type: 'noop', stream: 'upstream' }])(
    'breaks down for a server that still speaks: %j',
    async (toxic) => {
      const server = await bench.tcp((socket) => void socket.resume());
      const port = await bench.proxy('a', server.address);
      if (toxic) await bench.toxic('a', toxic);
      const peer = await bench.dial(port);
      peer.socket.end('hi');
      const ended = (): Socket | undefined => server.sockets.find(({ readableEnded }) => readableEnded);
      const socket = await waitUntil(realClock, ended, { what: 'the end at the server', limitMs: 2_000, everyMs: 5 });
      peer.socket.resetAndDestroy();
      expect(await brokenBy(socket)).toBe('EPIPE');
    },
  );
});

describe('a server that breaks down in the middle of an upload that is answered in its place', () => {
  it.each(['the rest of it', 'its end'])('leaves the client its answer, and then its reset, after %s', async (what) => {
    const server = await bench.tcp((socket) => void socket.resume());
    const port = await bench.proxy('a', server.address);
    await bench.toxic('a', { type: 'http_status', attributes: { status: 429, body: 'ours' } });
    const peer = await bench.dial(port);
    peer.socket.write('POST /ours HTTP/1.1\r\ncontent-length: 4\r\n\r\nab');
    await waitUntil(realClock, async () => Number(await received()) > 0 || undefined, { what: 'half', limitMs: 2_000 });
    server.sockets[0]?.resetAndDestroy();
    await realClock.sleep(50);
    if (what === 'its end') peer.socket.end();
    else peer.socket.write('cd');
    await withDeadline(realClock, peer.closed(), { what: 'the end of the connection', limitMs: 2_000 });
    expect([peer.text, peer.errorCode]).toEqual([expect.stringMatching(/^HTTP\/1\.1 429 [^]*ours$/), 'ECONNRESET']);
  });
});

describe('a connection whose sides have both gone, one of them by a reset that a toxic holds up', () => {
  const stream = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n';

  it.each([
    { type: 'latency', attributes: { latency: 3_600_000 } },
    { type: 'bandwidth', attributes: { rate: 0 } },
    { type: 'stream_stall', attributes: { events: 0, stall: 0 } },
  ])('is closed, though $type goes on holding what the server said', async (toxic) => {
    const server = await bench.tcp((socket) => socket.once('data', () => socket.write(stream)));
    const port = await bench.proxy('a', server.address);
    await bench.toxic('a', { name: 'held', ...toxic });
    const peer = await bench.dial(port);
    peer.socket.write('GET / HTTP/1.1\r\n\r\n');
    const isHeld = async (): Promise<true | undefined> =>
      (await bench.receipt('a', 'held'))['connectionsAltered'] === 1 || undefined;
    await waitUntil(realClock, isHeld, { what: 'something held', limitMs: 2_000, everyMs: 5 });
    server.sockets[0]?.resetAndDestroy();
    await realClock.sleep(50);
    expect([peer.ended, peer.errorCode]).toEqual([false, undefined]);
    peer.socket.end();
    await withDeadline(realClock, peer.closed(), { what: 'the end of the connection', limitMs: 2_000 });
  });

  it('is closed, though a toxic goes on holding what the client said', async () => {
    const server = await bench.tcp((socket) => void socket.resume());
    const port = await bench.proxy('a', server.address);
    await bench.toxic('a', { name: 'held', type: 'bandwidth', stream: 'upstream', attributes: { rate: 0 } });
    const peer = await bench.dial(port);
    peer.socket.write('held');
    await bench.untilAltered('a', 'held', 4);
    peer.socket.resetAndDestroy();
    await realClock.sleep(50);
    const [socket] = server.sockets;
    expect(socket?.destroyed).toBe(false);
    socket?.end();
    const isClosed = (): true | undefined => socket?.destroyed || undefined;
    await waitUntil(realClock, isClosed, { what: 'the end of the connection', limitMs: 2_000, everyMs: 5 });
  });
});

async function received(): Promise<unknown> {
  const { json } = await bench.call<Record<string, Record<string, number>>>('GET', '/gameday/traffic');
  return json['a']?.['receivedUpstream'];
}

it('what a client sends while its connection is ended by a toxic is not held for anybody', async () => {
  const server = await bench.tcp((socket) => void socket.pause());
  const port = await bench.proxy('a', server.address);
  // It holds what the client sends, and is full.
  await bench.toxic('a', { name: 'narrow', type: 'bandwidth', stream: 'upstream', attributes: { rate: 0 } });
  await bench.toxic('a', { name: 'end', type: 'limit_data', attributes: { bytes: 0 } });
  const peer = await bench.dial(port);
  for (let count = 0; count < 50; count++) peer.socket.write(Buffer.alloc(1_000_000));
  await waitUntil(realClock, async () => Number(await received()) > 0 || undefined, { what: 'bytes', limitMs: 10_000 });
  server.sockets[0]?.write('ends it');
  await peer.finished();
  // Its receipt counts what it held, and nothing of what came behind the end.
  const receipt = await bench.receipt('a', 'narrow');
  expect(receipt['bytesAltered']).toBeLessThan(10_000_000);
});
