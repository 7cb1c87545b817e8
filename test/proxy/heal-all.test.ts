import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import {
  borrowProcess,
  callMs,
  dialMany,
  processesForAll,
  startProxyProcess,
  type ProcessBench,
} from './proxy-process.ts';
import { portState, realClock } from './support.ts';

const limitMs = 100;
/** Of a call that has nothing to do with what is healed. */
const otherLimitMs = 50;
const proxies = 200;
const perProxy = 3;
const block = Buffer.alloc(200_000, 'x');

const processes = processesForAll(startProxyProcess);

let bench: ProcessBench;
beforeEach(() => {
  bench = borrowProcess(processes()[1]);
});
afterEach(() => bench.cleanup.stop());

interface Toxics {
  readonly toxics: readonly unknown[];
}

it('heals 200 proxies with toxics and live connections in one call of 100 ms, and all that was held passes', async () => {
  const upstream = await bench.tcp((socket) => void socket.pause());
  const sockets: Socket[] = [];
  const names = Array.from({ length: proxies }, (_, index) => `p${index}`);
  await Promise.all(
    names.map(async (name) => {
      const port = await bench.proxy(name, upstream.address);
      sockets.push(...(await dialMany(bench, port, perProxy)));
    }),
  );
  const all = proxies * perProxy;
  await waitUntil(realClock, () => (upstream.sockets.length === all ? true : undefined), {
    ...{ what: 'all connections at the upstream', limitMs: 10_000 },
  });
  const tookMs: number[] = [];
  // One that is in time says it: a busy machine may be slow once or twice, work that holds up the answer is slow each time (85 to 125 ms on two slow
  // cores where the slice was not shared by all proxies, 13 to 20 ms where it is).
  for (let round = 1; round <= 3 && !tookMs.some((ms) => ms < limitMs); round++) {
    await Promise.all(
      names.flatMap((name) => [
        bench.toxic(name, { type: 'latency', stream: 'upstream', attributes: { latency: 3_600_000 } }),
        bench.toxic(name, { type: 'bandwidth', attributes: { rate: 0 } }),
      ]),
    );
    for (const socket of sockets) socket.write(block);
    await waitUntil(realClock, async () => ((await received()) === round * block.length ? true : undefined), {
      ...{ what: 'what is held', limitMs: 10_000 },
    });
    for (const socket of upstream.sockets) socket.pause();
    tookMs.push(await callMs(bench, 'POST', '/reset'));
    const { json } = await bench.call<Record<string, Toxics>>('GET', '/proxies');
    expect(Object.values(json).every(({ toxics }) => toxics.length === 0)).toBe(true);
    // Only now: what this process reads would count as the proxy's time.
    for (const socket of upstream.sockets) socket.resume();
    const hasAll = (socket: Socket): boolean => socket.bytesRead === round * block.length;
    await waitUntil(realClock, () => (upstream.sockets.every(hasAll) ? true : undefined), {
      ...{ what: 'what was held', limitMs: 10_000 },
    });
  }
  expect(Math.min(...tookMs)).toBeLessThan(limitMs);
}, 120_000);

it('heals 200 proxies whose clients get no answer to their connects in 100 ms, and other calls are answered in time meanwhile', async () => {
  const [idle] = processes();
  const names = Array.from({ length: proxies }, (_, index) => `q${index}`);
  const ports = await Promise.all(names.map((name) => bench.proxy(name, '127.0.0.1:9')));
  const rounds: { healedMs: number; moreMs: number }[] = [];
  const areInTime = ({ healedMs, moreMs }: { healedMs: number; moreMs: number }): boolean =>
    healedMs < limitMs && moreMs < otherLimitMs;
  // The best of some: a busy machine may be slow for one of the two, work that holds up the answer is there each time.
  while (rounds.length < 5 && !rounds.some(areInTime)) {
    await Promise.all(names.map((name) => bench.toxic(name, { name: 'mute', type: 'connect_timeout' })));
    const slowestMs = { idle: 0, busy: 0 };
    const healed = new AbortController();
    const fromMs = realClock.now();
    let healedMs = NaN;
    const healing = bench.call('POST', '/reset').finally(() => {
      healedMs = realClock.now() - fromMs;
      healed.abort();
    });
    while (!healed.signal.aborted) {
      slowestMs.busy = Math.max(slowestMs.busy, await callMs(bench, 'GET', '/version'));
      slowestMs.idle = Math.max(slowestMs.idle, await callMs(idle, 'GET', '/version'));
    }
    rounds.push({ healedMs, moreMs: slowestMs.busy - slowestMs.idle });
    expect((await healing).status).toBe(204);
    expect(await Promise.all(ports.map((port) => portState(port)))).toEqual(ports.map(() => 'open'));
  }
  expect(rounds.filter(areInTime), JSON.stringify(rounds)).toHaveLength(1);
}, 60_000);

/** What has come from each client, if it is the same for all. */
async function received(): Promise<number> {
  const { json } = await bench.call<Record<string, { receivedUpstream: number }>>('GET', '/gameday/traffic');
  const bytes = new Set(Object.values(json).map(({ receivedUpstream }) => receivedUpstream / perProxy));
  return bytes.size === 1 ? ([...bytes][0] ?? 0) : 0;
}
