import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import {
  borrowProcess,
  callMs,
  dialMany,
  median,
  processesForAll,
  startMeasuredProxy,
  type ProcessBench,
} from './proxy-process.ts';
import { realClock, type TcpServer } from './support.ts';

// Control never waits for data. The proxies are processes of their own. Medians are compared with those of an idle one that is called in turn
// with the other; the slowest call in a hundred is the machine's as often as ours, and `npm run bench:proxy` shows it.

const limitMs = 50;
const connections = 500;
/** To end them takes a process that has done it before half as long as one that has not. */
const endedConnections = 1000;
const block = Buffer.alloc(200_000, 'x');

const processes = processesForAll(startMeasuredProxy);

let idle: ProcessBench;
let busy: ProcessBench;
function begin(): void {
  [idle, busy] = [borrowProcess(processes()[0]), borrowProcess(processes()[1])];
}
async function end(): Promise<void> {
  // The sockets of both are with the busy one.
  await busy.cleanup.stop();
  await idle.cleanup.stop();
}
beforeEach(begin);
afterEach(end);

const stalls: readonly { stall: string; toxic: Record<string, unknown> | undefined }[] = [
  { stall: 'a bandwidth of 0', toxic: { type: 'bandwidth', attributes: { rate: 0 } } },
  { stall: 'a timeout of 0', toxic: { type: 'timeout', attributes: { timeout: 0 } } },
  { stall: 'a latency of an hour', toxic: { type: 'latency', attributes: { latency: 3_600_000 } } },
  { stall: 'a reader that does not read', toxic: undefined },
];

type Call = readonly [name: string, method: string, path: string, body?: unknown];

/** Every call there is that leaves the stall as it is, by what it is called, in an order in which each makes sense again. */
const calls: readonly Call[] = [
  ['create', 'POST', '/proxies', { name: 'b', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' }],
  ['answer no connect', 'POST', '/proxies/b/toxics', { name: 'mute', type: 'connect_timeout' }],
  ['answer again', 'DELETE', '/proxies/b/toxics/mute'],
  ['refuse', 'POST', '/proxies/b/toxics', { name: 'shut', type: 'refuse' }],
  ['accept', 'DELETE', '/proxies/b/toxics/shut'],
  ['add', 'POST', '/proxies/a/toxics', { name: 't', type: 'latency', stream: 'upstream', attributes: { latency: 1 } }],
  ['update', 'PATCH', '/proxies/a/toxics/t', { attributes: { latency: 2 } }],
  ['list', 'GET', '/proxies'],
  ['proxy', 'GET', '/proxies/a'],
  ['toxics', 'GET', '/proxies/a/toxics'],
  ['toxic', 'GET', '/proxies/a/toxics/t'],
  ['nothing new of the proxy', 'PATCH', '/proxies/a', { enabled: true }],
  ['populate', 'POST', '/populate', [{ name: 'c', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', toxics: [{ type: 'noop' }] }]], // prettier-ignore
  ['plan', 'GET', '/gameday/plan/a/t?connections=5&bytes=1000&chunkBytes=100'],
  ['write decisions down', 'POST', '/gameday/decisions', { on: true }],
  ['decisions', 'GET', '/gameday/decisions/a/t'],
  ['write none down', 'POST', '/gameday/decisions', { on: false }],
  ['version', 'GET', '/version'],
  ['metrics', 'GET', '/metrics'],
  ['remove', 'DELETE', '/proxies/a/toxics/t'],
  ['receipts', 'GET', '/gameday/receipts'],
  ['receipt', 'GET', '/gameday/receipts/a/t'],
  ['traffic', 'GET', '/gameday/traffic'],
  ['capabilities', 'GET', '/capabilities'],
  ['lease', 'POST', '/gameday/lease', {}],
  ['delete', 'DELETE', '/proxies/b'],
  ['delete what populate made', 'DELETE', '/proxies/c'],
];

/** Calls that end the stalled connections. */
const ending: readonly Call[] = [
  ['disable', 'PATCH', '/proxies/a', { enabled: false }],
  ['another upstream', 'PATCH', '/proxies/a', { upstream: '127.0.0.1:1' }],
  ['another place by populate', 'POST', '/populate', [{ name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' }]],
  ['delete', 'DELETE', '/proxies/a'],
];

describe('while hundreds of connections are stalled', { timeout: 120_000 }, () => {
  it.each(stalls)('by $stall, and toxics change all the time, every call is answered in time', async ({ toxic }) => {
    const { sockets } = await stalled(toxic);
    expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
    const changing = new AbortController();
    const changes = changeToxics(changing.signal);
    const tookMs = new Map<string, { idle: number[]; busy: number[] }>();
    for (let round = 0; round < 7; round++)
      for (const [name, ...call] of calls) {
        const times = tookMs.get(name) ?? { idle: [], busy: [] };
        tookMs.set(name, times);
        times.idle.push(await callMs(idle, ...call));
        times.busy.push(await callMs(busy, ...call));
      }
    changing.abort();
    expect(await changes).toBeGreaterThan(10);
    const slow = [...tookMs].filter(([, times]) => median(times.busy) - median(times.idle) >= limitMs);
    expect(slow).toEqual([]);
    // By the fastest of all rounds it is also said without an idle one beside it.
    const never = [...tookMs].filter(([, times]) => Math.min(...times.busy) >= limitMs);
    expect(never).toEqual([]);
  });

  it.each(stalls.flatMap((one) => ending.map((call) => ({ ...one, call, what: call[0] }))))(
    'by $stall, "$what" is answered in time, and they all end',
    async ({ toxic, call: [, ...call] }) => {
      const tookMs: number[] = [];
      while (isToGoOn(tookMs)) {
        const { sockets } = await stalled(toxic, endedConnections);
        tookMs.push(await callMs(busy, ...call));
        // Who hears of an end has to read up to it.
        const isOver = (): boolean => sockets.every((socket) => socket.readableEnded || socket.destroyed);
        const what = { what: 'the end of all connections', limitMs: 10_000 };
        await waitUntil(realClock, () => (isOver() ? true : undefined), what);
        await end();
        begin();
      }
      expect(Math.min(...tookMs)).toBeLessThan(limitMs);
    },
  );

  // One that does not read is not the proxy's to heal.
  it.each(stalls.filter(({ toxic }) => toxic))(
    'by $stall, a reset is answered in time, and what was held passes or ends',
    async ({ toxic }) => {
      const tookMs: number[] = [];
      while (isToGoOn(tookMs)) {
        const { sockets, upstream } = await stalled(toxic);
        tookMs.push(await callMs(busy, 'POST', '/reset'));
        // Only now: what this process reads would count as the proxy's time.
        for (const socket of upstream.sockets) socket.resume();
        const hasAll = (socket: Socket): boolean => socket.bytesRead === block.length;
        const isOver = (): boolean =>
          toxic?.['type'] === 'timeout'
            ? sockets.every((socket) => socket.readableEnded || socket.destroyed)
            : upstream.sockets.length === connections && upstream.sockets.every(hasAll);
        const what = { what: 'the end of the stall', limitMs: 10_000 };
        await waitUntil(realClock, () => (isOver() ? true : undefined), what);
        await end();
        begin();
      }
      expect(Math.min(...tookMs)).toBeLessThan(limitMs);
    },
  );
});

/** One that is in time says it: a busy machine may be slow once or twice, work that holds up the answer is there each time. */
function isToGoOn(tookMs: readonly number[]): boolean {
  return tookMs.length < 3 && !tookMs.some((ms) => ms < limitMs);
}

/** Connections through the proxy that stand still with as much in them as they take. */
async function stalled(
  toxic: Record<string, unknown> | undefined,
  count = connections,
): Promise<{ sockets: Socket[]; upstream: TcpServer }> {
  const upstream = await busy.tcp((socket) => void socket.pause());
  await idle.proxy('a', upstream.address);
  const port = await busy.proxy('a', upstream.address);
  if (toxic) for (const bench of [idle, busy]) await bench.toxic('a', { ...toxic, name: 'stall', stream: 'upstream' });
  const sockets = await dialMany(busy, port, count);
  for (const socket of sockets) socket.resume().write(block);
  const came = async (): Promise<number> => {
    const { json } = await busy.call<Record<string, { receivedUpstream: number }>>('GET', '/gameday/traffic');
    return json['a']?.receivedUpstream ?? 0;
  };
  let before = -1;
  const isStill = async (): Promise<true | undefined> => {
    const now = await came();
    const still = now > count * 60_000 && now === before;
    before = now;
    return still ? true : undefined;
  };
  await waitUntil(realClock, isStill, { what: 'the stall', limitMs: 10_000 });
  return { sockets, upstream };
}

/** Puts toxics on the stalled connections and takes them away until it is told to stop; how many that were. */
async function changeToxics(signal: AbortSignal): Promise<number> {
  for (let count = 0; ; count++) {
    if (signal.aborted) return count;
    await busy.toxic('a', { name: 'flip', type: 'slicer', attributes: { average_size: 10 }, stream: 'downstream' });
    await busy.call('DELETE', '/proxies/a/toxics/flip');
  }
}
