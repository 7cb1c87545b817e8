import { afterEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { metricOn, realClock, startSharedBench, type Bench } from './support.ts';

// The metrics that Toxiproxy has, too: these run against either (`npm run test:toxiproxy`). Toxiproxy counts when a connection has ended.

let bench: Bench;
afterEach(() => bench.cleanup.stop());

const received = 'toxiproxy_proxy_received_bytes_total';
const sent = 'toxiproxy_proxy_sent_bytes_total';

describe('the metrics of a proxy', () => {
  it('count, over all connections that have ended, what came and what was sent in each direction', async () => {
    bench = await startSharedBench({ metrics: true });
    const upstream = await bench.tcp((socket) => socket.once('data', () => socket.end('a longer answer')));
    const port = await bench.proxy('a', upstream.address);
    for (let count = 0; count < 3; count++) {
      const peer = await bench.dial(port);
      peer.socket.write('hello');
      await peer.finished();
      peer.socket.end();
      await peer.closed();
    }
    const labels = { proxy: 'a', listener: `127.0.0.1:${port}`, upstream: upstream.address };
    const counted = async (): Promise<readonly (number | undefined)[]> => {
      const { text } = await bench.call('GET', '/metrics');
      return [received, sent].flatMap((name) =>
        ['upstream', 'downstream'].map((direction) => metricOn(text, name, { direction, ...labels })),
      );
    };
    // A client sees the end of its connection a little before it is counted.
    const isCounted = async (): Promise<true> => {
      expect(await counted()).toEqual([15, 45, 15, 45]);
      return true;
    };
    await waitUntil(realClock, isCounted, { what: 'the bytes of three connections', limitMs: 2000 });
  });

  it('stay when the proxy goes, and go on where a proxy of the same name and addresses is made again', async () => {
    bench = await startSharedBench({ metrics: true });
    const [first, second] = [await bench.echo(), await bench.echo()];
    const port = await bench.proxy('a', first.address);
    await talk(port);
    await bench.call('POST', '/proxies/a', { upstream: second.address });
    await talk(port);
    // One whose upstream has changed is counted apart.
    const counted = { [first.address]: 5, [second.address]: 5 };
    await untilCounted(port, counted);
    await bench.call('DELETE', '/proxies/a');
    await untilCounted(port, counted);
    await bench.proxy('a', first.address, { listen: `127.0.0.1:${port}` });
    await talk(port);
    await untilCounted(port, { [first.address]: 10, [second.address]: 5 });
  });

  it('are a page in the text format of Prometheus', async () => {
    bench = await startSharedBench({ metrics: true });
    const peer = await bench.dial(await bench.proxy('a', (await bench.echo()).address));
    await peer.roundTrip('hello');
    // Toxiproxy names a metric once there is something to count.
    peer.socket.end();
    await peer.closed();
    const page = async (): Promise<true | undefined> => {
      const { headers, text } = await bench.call('GET', '/metrics');
      expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
      for (const name of [received, sent]) expect(text).toContain(`# TYPE ${name} counter\n`);
      return true;
    };
    await waitUntil(realClock, page, { what: 'both metrics', limitMs: 2000 });
  });

  it('are not there unless they are asked for', async () => {
    bench = await startSharedBench();
    const { status, text } = await bench.call('GET', '/metrics');
    expect([status, text]).toEqual([404, '404 page not found\n']);
  });
});

/** A connection on which five bytes come and go. */
async function talk(port: number): Promise<void> {
  const peer = await bench.dial(port);
  await peer.roundTrip('hello');
  peer.socket.end();
  await peer.closed();
}

/** Waits until, by upstream, so many bytes of the proxy at this port have been counted in both directions, both as they came and as they went. */
async function untilCounted(port: number, bytesByUpstream: Readonly<Record<string, number>>): Promise<void> {
  const isCounted = async (): Promise<true> => {
    const { text } = await bench.call('GET', '/metrics');
    for (const [upstream, bytes] of Object.entries(bytesByUpstream))
      for (const name of [received, sent])
        for (const direction of ['upstream', 'downstream'])
          expect(metricOn(text, name, { direction, proxy: 'a', listener: `127.0.0.1:${port}`, upstream })).toBe(bytes);
    return true;
  };
  await waitUntil(realClock, isCounted, { what: `${JSON.stringify(bytesByUpstream)} bytes`, limitMs: 2000 });
}
