import { afterAll, beforeAll, expect, it } from 'vitest';
import { toxicKinds } from '../../harness/proxy/toxics/index.ts';
import { dialMany, startMeasuredProxy, type ProcessBench } from './proxy-process.ts';
import { expectBackToTheStart, footprint, type Footprint } from './footprint.ts';
import { realClock, type TcpServer } from './support.ts';

// A writer without end, a reader that does not read, and each type of toxic in between: what waits is bounded, and the writer is slowed down.

const connections = 10;
const kinds = toxicKinds.filter(({ door }) => door === undefined);

/** One for all: it takes longer to start than to look at. */
let bench: ProcessBench;
let upstream: TcpServer;
/** With nothing in it. */
let start: Footprint;
beforeAll(async () => {
  bench = await startMeasuredProxy();
  start = await footprint(bench);
  upstream = await bench.tcp((socket) => void socket.pause());
});
afterAll(() => bench.cleanup.stop());

/** What holds most of what comes, where there is such a thing. Those that shut the port let nobody in who could send. */
const holding: Readonly<Record<string, Record<string, number>>> = {
  latency: { latency: 3_600_000 },
  bandwidth: { rate: 0 },
  shared_bandwidth: { rate: 0 },
  slow_close: { delay: 3_600_000 },
  timeout: { timeout: 0 },
  half_open: {},
  never_answer: {},
  noop: {},
  reset_peer: { timeout: 3_600_000 },
  slicer: { average_size: 10, size_variation: 0, delay: 0 },
  limit_data: { bytes: 1_000_000_000 },
  packet_loss: { loss_rate: 0.1 },
  slow_accept: { delay: 3_600_000 },
  close_after: { delay: 3_600_000 },
  corrupt: { rate: 0.01 },
  reset_after: { delay: 3_600_000 },
};
/** What is on its way and not collected yet differs from run to run by twenty and more. Where the writer is not slowed down it grows with the time. */
const limitMiB = 80;
/** A latency keeps so much for all connections together. */
const latencyMiB = 128;
/** A writer that is not slowed down is let be once so much has come that it would be seen if it was kept. */
const muchMiB = 400;
/** One that is slow, and stands not still, is looked at after so long. */
const [runMs, latencyRunMs] = [1500, 4000];
/** Between two looks at whether it stands still. Both processes have had their turn by then: one has been asked, and has answered. */
const lookMs = 50;

it('is looked at for every type there is, but for those that let nobody in', () => {
  expect(Object.keys(holding).toSorted()).toEqual(kinds.map(({ type }) => type).toSorted());
});

it.each(kinds.map(({ type }) => ({ type })))('$type: is not held in memory', { timeout: 60_000 }, async ({ type }) => {
  const port = await bench.proxy(type, upstream.address);
  await bench.toxic(type, { type, stream: 'upstream', attributes: holding[type] });
  const sockets = await dialMany(bench, port, connections);
  const block = Buffer.alloc(1_000_000);
  for (const socket of sockets) {
    const write = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', write);
    write();
  }
  const isLatency = type === 'latency';
  const moreMiB = isLatency ? latencyMiB : 0;
  const received = await untilSlowedDown(type, {
    ...{ limitMs: isLatency ? latencyRunMs : runMs, muchBytes: (muchMiB + moreMiB) * 2 ** 20 },
  });
  const { usedMiB } = await footprint(bench);
  for (const socket of sockets) socket.destroy();
  await bench.call('DELETE', `/proxies/${type}`);
  for (const socket of upstream.sockets.splice(0)) socket.destroy();
  // What one toxic held would be taken for what was there before the next.
  await expectBackToTheStart(bench, start, 16);
  // So much that it is worth a look: each connection holds at least what one read gives.
  expect(received).toBeGreaterThan(connections * 60_000);
  expect(usedMiB - start.usedMiB).toBeLessThan(limitMiB + moreMiB);
});

/** Waits until nothing comes to a proxy any more, or much has come, or time is up, and gives how many bytes have come. */
async function untilSlowedDown(
  proxy: string,
  { limitMs, muchBytes }: { readonly limitMs: number; readonly muchBytes: number },
): Promise<number> {
  const untilMs = realClock.now() + limitMs;
  const last: number[] = [];
  const isStill = (): boolean => last.length === 4 && last.every((bytes) => bytes === last[0] && bytes > 0);
  for (;;) {
    await realClock.sleep(lookMs);
    const { json } = await bench.call<Record<string, { receivedUpstream: number }>>('GET', '/gameday/traffic');
    const bytes = json[proxy]?.receivedUpstream ?? 0;
    last.push(bytes);
    if (last.length > 4) last.shift();
    if (isStill() || bytes > muchBytes || realClock.now() > untilMs) return bytes;
  }
}
