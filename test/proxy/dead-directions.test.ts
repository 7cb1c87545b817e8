import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { portOf, realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';

// Connections of which one direction, or both, do not work any more, on real sockets.

let bench: Bench;
/** Reads, and answers nothing by itself. */
let server: TcpServer;
let port: number;
beforeEach(async () => {
  bench = await startBench();
  server = await bench.tcp((socket) => void socket.resume());
  port = await bench.proxy('a', server.address);
});
afterEach(() => bench.cleanup.stop());

async function until(what: string, look: () => boolean): Promise<void> {
  await waitUntil(realClock, () => (look() ? true : undefined), { what, limitMs: 2_000, everyMs: 5 });
}

/** As long as something takes that arrives at all, many times over. */
const longEnoughMs = 150;

/** A connection on which bytes have gone both ways. */
async function used(): Promise<Peer> {
  const peer = await bench.dial(port);
  peer.socket.write('hello');
  await until('the first bytes', () => server.sockets[0]?.bytesRead === 5);
  server.sockets[0]?.write('welcome');
  await peer.bytes(7);
  return peer;
}

function remove(name: string): Promise<unknown> {
  return bench.call('DELETE', `/proxies/a/toxics/${name}`);
}

describe('half_open', () => {
  it.each(['end', 'resetAndDestroy'] as const)(
    'downstream: neither the bytes of the server arrive nor its %s, and what the client sends goes on',
    async (how) => {
      const peer = await used();
      await bench.toxic('a', { name: 'dead', type: 'half_open' });
      server.sockets[0]?.write('never seen');
      peer.socket.write(' again');
      await until('what the client sent', () => server.sockets[0]?.bytesRead === 11);
      await bench.untilAltered('a', 'dead', 10);
      server.sockets[0]?.[how]();
      await realClock.sleep(longEnoughMs);
      expect([peer.text, peer.ended, peer.errorCode, peer.socket.destroyed]).toEqual([
        'welcome',
        false,
        undefined,
        false,
      ]);
      peer.socket.write('into nothing');
      await realClock.sleep(longEnoughMs);
      expect([peer.errorCode, peer.socket.destroyed]).toEqual([undefined, false]);
      await remove('dead');
      await peer.finished();
      expect(peer.text).toBe('welcome');
      const one = { connectionsSeen: 1, connectionsAltered: 1, bytesDropped: 10, bytesAltered: 10 };
      expect(await bench.receipt('a', 'dead')).toMatchObject(one);
    },
  );

  it.each(['end', 'resetAndDestroy'] as const)(
    'upstream: the server sees neither bytes nor the %s of the client, and what it sends itself arrives while somebody is there',
    async (how) => {
      const peer = await used();
      let broken: string | undefined;
      server.sockets[0]?.on('error', (cause) => (broken = (cause as NodeJS.ErrnoException).code));
      await bench.toxic('a', { name: 'dead', type: 'half_open', stream: 'upstream' });
      peer.socket.write('never seen');
      await bench.untilAltered('a', 'dead', 10);
      server.sockets[0]?.write(' back');
      await peer.bytes(12);
      peer.socket[how]();
      await realClock.sleep(longEnoughMs);
      server.sockets[0]?.write('more');
      await realClock.sleep(longEnoughMs);
      const { bytesRead, readableEnded, destroyed } = server.sockets[0] ?? {};
      expect([bytesRead, readableEnded, destroyed, broken]).toEqual([5, false, false, undefined]);
      await remove('dead');
      await until('the end at the server', () => server.sockets[0]?.readableEnded === true || broken !== undefined);
    },
  );
});

it('a client that waits for a server to read, which then goes without a word of it, can send on', async () => {
  const silent = await bench.tcp((socket) => void socket.pause());
  const at = await bench.proxy('b', silent.address);
  await bench.toxic('b', { name: 'dead', type: 'half_open' });
  const peer = await bench.dial(at);
  const received = async (): Promise<number> => {
    const { json } = await bench.call<Record<string, { receivedUpstream: number }>>('GET', '/gameday/traffic');
    return json['b']?.receivedUpstream ?? NaN;
  };
  const block = Buffer.alloc(262_144, 'x');
  const send = (): void => {
    while (!peer.socket.destroyed && peer.socket.write(block));
  };
  peer.socket.on('drain', send);
  send();
  let before = -1;
  const standsStill = async (): Promise<true | undefined> => {
    const now = await received();
    const isSo = now > 0 && now === before;
    before = now;
    return isSo || undefined;
  };
  await waitUntil(realClock, standsStill, { what: 'the stall', limitMs: 5_000, everyMs: 100 });
  silent.sockets[0]?.resetAndDestroy();
  const goesOn = async (): Promise<true | undefined> => (await received()) > before + 1_000_000 || undefined;
  await waitUntil(realClock, goesOn, { what: 'more of what is sent', limitMs: 5_000, everyMs: 20 });
  expect([peer.errorCode, peer.ended]).toEqual([undefined, false]);
});

describe('never_answer', () => {
  it('lets nothing through either way on connections of before and after, and its removal closes both ends', async () => {
    const before = await used();
    await bench.toxic('a', { name: 'mute', type: 'never_answer' });
    const after = await bench.dial(port);
    for (const peer of [before, after]) peer.socket.write('hello?');
    await until('the second connection', () => server.sockets.length === 2);
    for (const socket of server.sockets) socket.write('never');
    await bench.untilAltered('a', 'mute', 22);
    for (const socket of server.sockets) socket.resetAndDestroy();
    await realClock.sleep(longEnoughMs);
    expect([before.text, after.text, before.ended, after.ended]).toEqual(['welcome', '', false, false]);
    await remove('mute');
    await Promise.all([before.finished(), after.finished()]);
    expect([before.text, after.text]).toEqual(['welcome', '']);
    const both = { connectionsSeen: 2, connectionsAltered: 2, bytesDropped: 22, stream: 'downstream' };
    expect(await bench.receipt('a', 'mute')).toMatchObject(both);
  });

  it('hides that the upstream refuses', async () => {
    const toxics = [{ name: 'mute', type: 'never_answer' }];
    const body = { name: 'b', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', toxics };
    const { json } = await bench.call('POST', '/proxies', body);
    const peer = await bench.dial(portOf(String(json['listen'])));
    peer.socket.write('hello?');
    await realClock.sleep(longEnoughMs);
    expect([peer.ended, peer.socket.destroyed]).toEqual([false, false]);
    await bench.call('DELETE', '/proxies/b/toxics/mute');
    await peer.finished();
    expect(peer.text).toBe('');
  });

  it('is done to both directions of a connection or to none of it', async () => {
    const echo = await bench.echo();
    const at = await bench.proxy('c', echo.address);
    await bench.toxic('c', { name: 'mute', type: 'never_answer', toxicity: 0.5 });
    const peers = await Promise.all(Array.from({ length: 24 }, () => bench.dial(at)));
    for (const peer of peers) peer.socket.write('hello');
    const fates = async (): Promise<{ answered: number; altered: number; receipt: Record<string, unknown> }> => {
      const receipt = await bench.receipt('c', 'mute');
      const answered = peers.filter(({ text }) => text === 'hello').length;
      return { answered, altered: Number(receipt['connectionsAltered']), receipt };
    };
    const areAllKnown = async (): Promise<true | undefined> => {
      const { answered, altered } = await fates();
      return answered + altered >= 24 ? true : undefined;
    };
    await waitUntil(realClock, areAllKnown, { what: 'what becomes of each', limitMs: 5_000, everyMs: 5 });
    // One that is dead in one direction only would be told of late.
    await realClock.sleep(longEnoughMs);
    const { answered, altered, receipt } = await fates();
    expect([receipt['connectionsSeen'], receipt['bytesDropped']]).toEqual([24, 5 * (24 - answered)]);
    expect(altered).toBe(24 - answered);
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(24);
  });
});

describe('timeout', () => {
  it.each([0, 60_000])('of %i ends with a reset where its sender breaks down', async (timeout) => {
    const peer = await used();
    const [socket] = server.sockets;
    let how: string | undefined;
    socket?.on('error', (cause) => (how = (cause as NodeJS.ErrnoException).code));
    socket?.on('end', () => (how ??= 'an end'));
    await bench.toxic('a', { type: 'timeout', stream: 'upstream', attributes: { timeout } });
    peer.socket.resetAndDestroy();
    await until('the end at the server', () => how !== undefined);
    expect(how).toBe('ECONNRESET');
  });
});
