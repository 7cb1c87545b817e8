import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { toxicKinds } from '../../harness/proxy/toxics/index.ts';
import { offerUntilStalled, realClock, startBench, type Bench, type Peer, type TcpServer } from './support.ts';

// A connection on which everything stands still, since its receiver does not read: a toxic that is taken away lets it go on, or ends it, as
// docs/proxy.md says of each.

let bench: Bench;
let upstream: TcpServer;
let peer: Peer;
beforeEach(async () => {
  bench = await startBench();
  upstream = await bench.tcp((socket) => void socket.pause());
  peer = await bench.dial(await bench.proxy('a', upstream.address));
});
afterEach(() => bench.cleanup.stop());

const offeredBytes = 20_000_000;

/** So that nothing happens to the connection before the toxic is taken away. */
const stalling: Readonly<Record<string, Record<string, number>>> = {
  latency: { latency: 3_600_000 },
  slow_close: { delay: 3_600_000 },
  reset_peer: { timeout: 3_600_000 },
  slicer: { average_size: 1000, size_variation: 0, delay: 1_000_000 },
  limit_data: { bytes: 1_000_000_000 },
  packet_loss: { loss_rate: 0 },
  slow_accept: { delay: 3_600_000 },
  close_after: { delay: 3_600_000 },
  reset_after: { delay: 3_600_000 },
};
/** Bytes are missing in a connection that these were at. */
const closing = ['timeout', 'half_open', 'never_answer'];

it.each(toxicKinds.filter(({ type }) => !closing.includes(type)).map(({ type }) => ({ type })))(
  '$type: goes on, and loses nothing',
  async ({ type }) => {
    await bench.toxic('a', { name: 't', type, stream: 'upstream', attributes: stalling[type] ?? {} });
    await offerUntilStalled(peer, offeredBytes / 1_000_000);
    expect((await bench.call('DELETE', '/proxies/a/toxics/t')).status).toBe(204);
    const received = upstream.sockets[0];
    received?.resume();
    peer.socket.end();
    await waitUntil(realClock, () => (received?.readableEnded === true ? true : undefined), {
      ...{ what: 'the end', limitMs: 15_000 },
    });
    expect(received?.bytesRead).toBe(offeredBytes);
  },
);

it.each(closing)('%s: is closed on both sides', async (type) => {
  await bench.toxic('a', { name: 't', type, stream: 'upstream' });
  peer.socket.write(Buffer.alloc(1_000_000));
  await bench.untilAltered('a', 't', 1_000_000);
  await bench.call('DELETE', '/proxies/a/toxics/t');
  await peer.finished();
  upstream.sockets[0]?.resume();
  await waitUntil(realClock, () => (upstream.sockets[0]?.readableEnded === true ? true : undefined), {
    ...{ what: 'the end', limitMs: 5_000 },
  });
  expect(upstream.sockets[0]?.bytesRead).toBe(0);
});
