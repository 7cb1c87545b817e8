import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { toxicKinds } from '../../harness/proxy/toxics/index.ts';
import { portState, realClock, startBench, type Bench, type TcpServer } from './support.ts';

let bench: Bench;
let echo: TcpServer;
let port: number;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
  port = await bench.proxy('a', echo.address);
});
afterEach(() => bench.cleanup.stop());

describe('latency', () => {
  it.each([
    ['upstream', 1],
    ['downstream', 1],
    ['both', 2],
  ])(
    '%s delays a round trip by its time for each way, never by less, twice on one connection',
    async (stream, ways) => {
      for (const way of stream === 'both' ? ['upstream', 'downstream'] : [stream]) {
        await bench.toxic('a', { type: 'latency', stream: way, attributes: { latency: 100 } });
      }
      const peer = await bench.dial(port);
      for (const message of ['first', 'second']) {
        const tookMs = await peer.roundTrip(message);
        expect(tookMs).toBeGreaterThanOrEqual(100 * ways);
      }
    },
  );

  it('is no limit to how much is on its way on each of two connections, up to 24 MB', async () => {
    const bytes = 24_000_000;
    await bench.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 3_600_000 } });
    const peers = [await bench.dial(port), await bench.dial(port)];
    for (const { socket } of peers) socket.write(Buffer.alloc(bytes));
    const areOnTheirWay = async (): Promise<true | undefined> =>
      (await bench.receipt('a', 'slow'))['bytesDelayed'] === 2 * bytes ? true : undefined;
    await waitUntil(realClock, areOnTheirWay, { what: 'all that was sent', limitMs: 15_000 });
    await bench.call('DELETE', '/proxies/a/toxics/slow');
    await Promise.all(peers.map((peer) => peer.bytes(bytes)));
  });
});

describe('bandwidth', () => {
  it('takes 480 ms for 480 KB at 1000 KB/s, less a chunk at most', async () => {
    await bench.toxic('a', { type: 'bandwidth', stream: 'upstream', attributes: { rate: 1000 } });
    const sink = await bench.tcp((socket) => void socket.resume());
    await bench.call('PATCH', '/proxies/a', { upstream: sink.address });
    const peer = await bench.dial(port);
    const startMs = realClock.now();
    peer.socket.end(Buffer.alloc(480_000));
    await waitUntil(realClock, () => (sink.sockets[0]?.bytesRead === 480_000 ? true : undefined), {
      what: 'all bytes',
      limitMs: 3_000,
      everyMs: 2,
    });
    const tookMs = realClock.now() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(480 - 64);
    expect(await bench.receipt('a', 'bandwidth_upstream')).toMatchObject({
      connectionsAltered: 1,
      bytesAltered: 480_000,
    });
  });
});

describe('timeout', () => {
  it('0 swallows everything and keeps the connection open until it is removed, which closes both ends', async () => {
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    await bench.toxic('a', { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } });
    peer.socket.write('into the hole');
    await bench.untilAltered('a', 'timeout_upstream', 13);
    expect([peer.text, peer.socket.destroyed, peer.ended]).toEqual(['hello', false, false]);
    await bench.call('DELETE', '/proxies/a/toxics/timeout_upstream');
    await peer.finished();
    await waitUntil(realClock, () => (echo.sockets[0]?.readableEnded ? true : undefined), {
      what: 'the other end',
      limitMs: 1_000,
    });
    expect(echo.sockets[0]?.bytesRead).toBe(5);
  });

  it('closes after so much silence', async () => {
    await bench.toxic('a', { type: 'timeout', attributes: { timeout: 100 } });
    const startMs = realClock.now();
    const peer = await bench.dial(port);
    peer.socket.write('hello?');
    await peer.finished();
    expect(realClock.now() - startMs).toBeGreaterThanOrEqual(100);
    expect(peer.text).toBe('');
  });

  it('behind a latency does not hold up the removal of that latency', async () => {
    await bench.toxic('a', { name: 'slow', type: 'latency', stream: 'upstream', attributes: { latency: 5000 } });
    await bench.toxic('a', { name: 'hole', type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } });
    const peer = await bench.dial(port);
    peer.socket.write('hello');
    await bench.untilAltered('a', 'slow', 5);
    await bench.call('DELETE', '/proxies/a/toxics/slow');
    expect(await bench.receipt('a', 'hole')).toMatchObject({ bytesAltered: 5, connectionsAltered: 1 });
  });
});

describe('reset_peer', () => {
  it.each(['upstream', 'downstream'])('%s gives a live connection a real RST, on both sides', async (stream) => {
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    let serverError: string | undefined;
    echo.sockets[0]?.on('error', (cause) => (serverError = (cause as NodeJS.ErrnoException).code));
    await bench.toxic('a', { name: 'rst', type: 'reset_peer', stream, attributes: { timeout: 0 } });
    peer.socket.write('again');
    await peer.closed();
    expect([peer.text, peer.errorCode]).toEqual(['hello', 'ECONNRESET']);
    await waitUntil(realClock, () => serverError, { what: 'the reset of the upstream', limitMs: 1_000, everyMs: 5 });
    expect(serverError).toBe('ECONNRESET');
    expect(await bench.receipt('a', 'rst')).toMatchObject({
      connectionsSeen: 1,
      connectionsAltered: 1,
      bytesAltered: 5,
    });
  });

  it('waits its time first, and passes everything on if it is removed before that', async () => {
    await bench.toxic('a', { name: 'rst', type: 'reset_peer', attributes: { timeout: 100 } });
    const startMs = realClock.now();
    const first = await bench.dial(port);
    first.socket.write('hello');
    await first.closed();
    expect(first.errorCode).toBe('ECONNRESET');
    expect(realClock.now() - startMs).toBeGreaterThanOrEqual(100);
    await bench.call('PATCH', '/proxies/a/toxics/rst', { attributes: { timeout: 60_000 } });
    const second = await bench.dial(port);
    second.socket.write('hello');
    await waitUntil(realClock, () => (echo.sockets[1]?.bytesWritten === 5 ? true : undefined), {
      what: 'the echo',
      limitMs: 1_000,
    });
    await bench.call('DELETE', '/proxies/a/toxics/rst');
    await second.bytes(5);
    expect(second.text).toBe('hello');
  });

  it('does nothing at toxicity 0', async () => {
    await bench.toxic('a', { name: 'rst', type: 'reset_peer', toxicity: 0 });
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    expect(await bench.receipt('a', 'rst')).toMatchObject({
      connectionsSeen: 1,
      connectionsAltered: 0,
      bytesAltered: 0,
    });
  });

  it('passes a reset by one side on to the other', async () => {
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    echo.sockets[0]?.resetAndDestroy();
    await peer.closed();
    expect(peer.errorCode).toBe('ECONNRESET');
  });
});

describe('reset_after', () => {
  it('gives idle connections a real RST, on both sides, those of before at once and new ones right after they were accepted', async () => {
    const idle = await bench.dial(port);
    await waitUntil(realClock, () => echo.sockets[0], { what: 'the connection to the upstream', limitMs: 1_000 });
    let serverError: string | undefined;
    echo.sockets[0]?.on('error', (cause) => (serverError = (cause as NodeJS.ErrnoException).code));
    await bench.toxic('a', { name: 'rst', type: 'reset_after' });
    await idle.closed();
    await waitUntil(realClock, () => serverError, { what: 'the reset of the upstream', limitMs: 1_000, everyMs: 5 });
    const fresh = await bench.dial(port);
    await fresh.closed();
    expect([idle.errorCode, serverError, fresh.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
    expect(await bench.receipt('a', 'rst')).toMatchObject({
      connectionsSeen: 2,
      connectionsAltered: 2,
      bytesAltered: 0,
    });
  });

  it('lets everything pass before that', async () => {
    await bench.toxic('a', { name: 'rst', type: 'reset_after', attributes: { delay: 200 } });
    const startMs = realClock.now();
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    await peer.closed();
    expect([peer.text, peer.errorCode]).toEqual(['hello', 'ECONNRESET']);
    expect(realClock.now() - startMs).toBeGreaterThanOrEqual(200);
  });
});

describe('toxicity', () => {
  it('is rolled once per connection: an update is held against the same roll', async () => {
    await bench.toxic('a', { name: 'hole', type: 'timeout', toxicity: 0, attributes: { timeout: 100 } });
    const peer = await bench.dial(port);
    await peer.roundTrip('passes');
    await bench.call('PATCH', '/proxies/a/toxics/hole', { toxicity: 1 });
    // Nobody else would ever close it.
    await peer.finished();
    expect(peer.text).toBe('passes');
  });

  it('takes the same connections for the same seed, whatever other toxics there are', async () => {
    const decisions = async (seed: number, others: boolean): Promise<boolean[]> => {
      await using other = await startBench({ seed });
      const upstream = await other.echo();
      const at = await other.proxy('a', upstream.address);
      if (others)
        await other.toxic('a', {
          name: 'other',
          type: 'latency',
          attributes: { latency: 1, jitter: 1 },
          toxicity: 0.3,
        });
      await other.toxic('a', { name: 'half', type: 'noop', toxicity: 0 });
      await other.call('DELETE', '/proxies/a/toxics/half');
      await other.toxic('a', { name: 'half', type: 'reset_peer', toxicity: 0.5 });
      const decided: boolean[] = [];
      for (let count = 0; count < 24; count++) {
        const peer = await other.dial(at);
        decided.push(
          await peer.roundTrip('x').then(
            () => false,
            () => true,
          ),
        );
      }
      return decided;
    };
    const first = await decisions(7, false);
    expect(await decisions(7, true)).toEqual(first);
    expect(await decisions(8, false)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([true, false]));
  });
});

describe('a seed of its own', () => {
  /** Which of 24 connections a toxic that is done to half of them resets. */
  async function decided(serverSeed: number, seeds: { proxy?: number; toxic?: number }): Promise<string> {
    await using other = await startBench({ seed: serverSeed });
    const upstream = await other.echo();
    const own = (seed: number | undefined): { seed?: number } => (seed === undefined ? {} : { seed });
    const at = await other.proxy('a', upstream.address, own(seeds.proxy));
    await other.toxic('a', { name: 'half', type: 'reset_peer', toxicity: 0.5, ...own(seeds.toxic) });
    let pattern = '';
    for (let count = 0; count < 24; count++) {
      const peer = await other.dial(at);
      pattern += await peer.roundTrip('x').then(
        () => '.',
        () => 'x',
      );
    }
    return pattern;
  }

  it.each(['proxy', 'toxic'] as const)('of a %s decides in place of the server’s', async (what) => {
    const first = await decided(1, { [what]: 7 });
    expect(first).toMatch(/^(?=.*x)(?=.*\.)/);
    expect(await decided(2, { [what]: 7 })).toBe(first);
    expect(await decided(1, { [what]: 8 })).not.toBe(first);
  });
});

/** What a toxic has done to five bytes, by its receipt. */
interface Effect {
  readonly type: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  /** The client finishes behind them. */
  readonly ends?: boolean;
}

describe('receipts and traffic', () => {
  it('count exactly what was seen and altered, and are kept after the removal', async () => {
    const idle = await bench.dial(port);
    await idle.roundTrip('before');
    await bench.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 1 } });
    const busy = await bench.dial(port);
    await busy.roundTrip('12345');
    await busy.roundTrip('678');
    await bench.call('DELETE', '/proxies/a/toxics/slow');
    await busy.roundTrip('after');
    const receipt = await bench.receipt('a', 'slow');
    expect(receipt).toMatchObject({
      proxy: 'a',
      toxic: 'slow',
      type: 'latency',
      stream: 'downstream',
      ended: 'removed',
    });
    expect(receipt).toMatchObject({ connectionsSeen: 2, connectionsAltered: 1, bytesAltered: 8 });
    expect(Number(receipt['activeToMs'])).toBeGreaterThan(Number(receipt['activeFromMs']));
    await bench.call('DELETE', '/proxies/a');
    expect((await bench.call('GET', '/gameday/receipts')).json).toEqual([receipt]);
    expect((await bench.call('GET', '/gameday/receipts/a/none')).status).toBe(404);
  });

  const effects: readonly Effect[] = [
    { type: 'latency', attributes: { latency: 1 }, figures: { bytesDelayed: 5 } },
    { type: 'bandwidth', attributes: { rate: 1 }, figures: { bytesDelayed: 5 } },
    { type: 'slow_accept', attributes: { delay: 20 }, figures: { bytesDelayed: 5 } },
    { type: 'slow_close', attributes: { delay: 1 }, figures: {}, ends: true },
    { type: 'timeout', attributes: { timeout: 0 }, figures: { bytesDropped: 5 } },
    { type: 'reset_peer', attributes: { timeout: 0 }, figures: { bytesDropped: 5 } },
    { type: 'limit_data', attributes: { bytes: 2 }, figures: { bytesDropped: 3 } },
    { type: 'packet_loss', attributes: { loss_rate: 1 }, figures: { bytesDropped: 5 } },
    { type: 'close_after', attributes: { delay: 20 }, figures: {} },
    { type: 'reset_after', attributes: { delay: 20 }, figures: {} },
    { type: 'half_open', attributes: {}, figures: { bytesDropped: 5 } },
    { type: 'never_answer', attributes: {}, figures: { bytesDropped: 5 } },
    { type: 'shared_bandwidth', attributes: { rate: 1 }, figures: { bytesDelayed: 5 } },
    { type: 'corrupt', attributes: { rate: 1 }, figures: { bytesCorrupted: 5 } },
    { type: 'slicer', attributes: { average_size: 2 }, figures: { bytesCut: 5 } },
  ];

  it('have a test for every type that does something to bytes', () => {
    const types = toxicKinds.filter(({ door, type }) => door === undefined && type !== 'noop').map(({ type }) => type);
    expect(effects.map(({ type }) => type).toSorted()).toEqual(types.toSorted());
  });

  it.each(effects)(
    'tell what $type did to bytes, each of them counted once',
    async ({ type, attributes, figures, ends = false }) => {
      await bench.toxic('a', { name: 'fault', type, stream: 'upstream', attributes });
      const peer = await bench.dial(port);
      peer.socket.write('12345');
      if (ends) peer.socket.end();
      const altered = async (): Promise<true | undefined> =>
        (await bench.receipt('a', 'fault'))['connectionsAltered'] === 1 ? true : undefined;
      await waitUntil(realClock, altered, { what: 'what it does', limitMs: 2_000, everyMs: 5 });
      peer.socket.destroy();
      const none = {
        bytesDelayed: 0,
        bytesDropped: 0,
        bytesCorrupted: 0,
        bytesCut: 0,
        requestsSeen: 0,
        requestsAltered: 0,
      };
      const bytesAltered = Object.values(figures).reduce((sum, count) => sum + count, 0);
      expect(await bench.receipt('a', 'fault')).toMatchObject({
        ...none,
        ...figures,
        bytesAltered,
        connectionsSeen: 1,
      });
    },
  );

  it('say that a fault which met no traffic altered nothing', async () => {
    await bench.dial(port);
    await bench.toxic('a', { name: 'hole', type: 'timeout' });
    await bench.call('POST', '/reset');
    expect(await bench.receipt('a', 'hole')).toMatchObject({ connectionsAltered: 0, bytesAltered: 0, ended: 'reset' });
  });

  it('count traffic while a connection is still open', async () => {
    const peer = await bench.dial(port);
    await peer.roundTrip('12345');
    const bytes = { bytesUpstream: 5, bytesDownstream: 5, receivedUpstream: 5, receivedDownstream: 5 };
    const open = { connections: 1, connectionsOpen: 1, connectionsDropped: 0, ...bytes };
    expect((await bench.call('GET', '/gameday/traffic')).json).toEqual({ a: open });
    await bench.call('PATCH', '/proxies/a', { enabled: false });
    expect((await bench.call('GET', '/gameday/traffic')).json).toEqual({
      a: { ...open, connectionsOpen: 0, connectionsDropped: 1 },
    });
    expect(await portState(port)).toBe('ECONNREFUSED');
  });
});
