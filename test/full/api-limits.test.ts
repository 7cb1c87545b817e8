import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock, startBench, type Bench } from '../proxy/support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.cleanup.stop());

/** How long the API keeps a connection on which this is said, and no more. */
async function keptMs(said: string): Promise<number> {
  const peer = await bench.dial(Number(new URL(bench.url).port));
  const startMs = realClock.now();
  peer.socket.write(said);
  await peer.finished();
  return realClock.now() - startMs;
}

describe('the API of the proxy, as long as that of Toxiproxy does', () => {
  // They only wait, so they do it side by side, the longest from the beginning.
  it.concurrent.each([
    ['keeps a connection for 60 s on which nothing comes', 'GET /version HTTP/1.1\r\nhost: a\r\n\r\n', 60_000],
    ['waits 15 s for the rest of a head', 'POST /proxies HTTP/1.1\r\nhost: a\r\n', 15_000],
    ['waits 15 s for the rest of a body', 'POST /proxies HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n{', 15_000],
  ])('%s', async (_name, said, limitMs) => {
    const tookMs = await keptMs(said);
    expect(tookMs).toBeGreaterThanOrEqual(limitMs - 10);
    // It is looked after every second, and the platform keeps an idle one for a second more.
    expect(tookMs).toBeLessThan(limitMs + 3000);
  });
});
