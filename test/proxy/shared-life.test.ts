import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { againstRealServer, portOf, portState, realClock, startSharedBench, type Bench, type TcpServer } from './support.ts'; // prettier-ignore

// The lives of proxies and connections by our account and by Toxiproxy's, after its own tests: these run against either
// (`npm run test:toxiproxy`).

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startSharedBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

interface Proxy {
  readonly listen: string;
  readonly enabled: boolean;
}

const patch = async (body: Record<string, unknown>): Promise<Proxy> =>
  (await bench.call<Proxy>('PATCH', '/proxies/a', body)).json;

describe('a proxy', () => {
  it('that is disabled twice, or before it ever listened, is disabled', async () => {
    await bench.call('POST', '/proxies', { name: 'a', listen: '127.0.0.1:0', upstream: echo.address, enabled: false });
    expect((await patch({ enabled: false })).enabled).toBe(false);
    const { listen } = await patch({ enabled: true });
    for (let count = 0; count < 2; count++)
      expect(await patch({ enabled: false })).toMatchObject({ listen, enabled: false });
    expect(await portState(portOf(listen))).toBe('ECONNREFUSED');
  });

  it('that is enabled twice keeps its port and its connections', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('one');
    expect(await patch({ enabled: true })).toMatchObject({ listen: `127.0.0.1:${port}`, enabled: true });
    await peer.roundTrip('two');
    expect(peer.text).toBe('onetwo');
  });

  it('keeps its connections when its address is given again by host name, with its upstream', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('one');
    await patch({ listen: `localhost:${port}`, upstream: echo.address });
    await peer.roundTrip('two');
    expect(peer.text).toBe('onetwo');
  });

  it('drops its connections when it gets another upstream, and leads new ones there, on the same port', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    const other = await bench.tcp((socket) => socket.end('other'));
    expect(await patch({ upstream: other.address })).toMatchObject({ listen: `127.0.0.1:${port}`, enabled: true });
    await peer.finished();
    const next = await bench.dial(port);
    await next.finished();
    expect([peer.text, next.text]).toEqual(['hello', 'other']);
  });

  it('drops its connections when it is deleted', async () => {
    const peer = await bench.dial(await bench.proxy('a', echo.address));
    await peer.roundTrip('hello');
    await bench.call('DELETE', '/proxies/a');
    await peer.finished();
    expect(peer.text).toBe('hello');
  });

  it('keeps its toxics while it is disabled', async () => {
    const port = await bench.proxy('a', echo.address);
    await bench.toxic('a', { type: 'latency', attributes: { latency: 50 } });
    await patch({ enabled: false });
    await patch({ enabled: true });
    expect(await (await bench.dial(port)).roundTrip('hello')).toBeGreaterThanOrEqual(48);
  });
});

describe('connections', () => {
  it('come and go a thousand times while a toxic does', async () => {
    const port = await bench.proxy('a', echo.address);
    // Ten to each coming and going of the toxic: its two calls take as long as they all.
    for (let count = 0; count < 100; count++) {
      await bench.toxic('a', { type: 'latency', attributes: { latency: 1 } });
      const comeAndGo = async (_: unknown, index: number): Promise<void> => {
        const peer = await bench.dial(port);
        if (index % 2 === 0) await peer.roundTrip('hello');
        peer.socket.destroy();
      };
      const all = Promise.all(Array.from({ length: 10 }, comeAndGo));
      // Now and then the toxic goes while they come.
      if (count % 2 === 0) await all;
      await bench.call('DELETE', '/proxies/a/toxics/latency_downstream');
      await all;
    }
    expect((await bench.call('GET', '/proxies/a/toxics')).json).toEqual([]);
    await (await bench.dial(port)).roundTrip('still there');
  });

  it('echo a hundred times, each time whole, while toxics of several types come and go', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    const flipping = new AbortController();
    const flips = (async () => {
      const toxics = [
        { type: 'latency', attributes: { latency: 5, jitter: 3 } },
        { type: 'bandwidth', attributes: { rate: 1000 } },
        { type: 'slicer', attributes: { average_size: 64, size_variation: 32, delay: 10 } },
        { type: 'noop', attributes: {} },
      ];
      for (let count = 0; ; count++) {
        if (flipping.signal.aborted) return count;
        const stream = count % 2 === 0 ? 'upstream' : 'downstream';
        await bench.toxic('a', { name: 't', stream, ...toxics[count % toxics.length] });
        await bench.call('DELETE', '/proxies/a/toxics/t');
      }
    })();
    const sent = Array.from({ length: 100 }, (_, index) => `${index};`.repeat(1000));
    for (const message of sent) await peer.roundTrip(message);
    flipping.abort();
    expect(await flips).toBeGreaterThan(10);
    expect(peer.text).toBe(sent.join(''));
  });
});

describe('limit_data', () => {
  it('on an open connection counts from when it came', async () => {
    const peer = await bench.dial(await bench.proxy('a', echo.address));
    await peer.roundTrip('x'.repeat(500));
    await bench.toxic('a', { type: 'limit_data', attributes: { bytes: 100 } });
    peer.socket.write('y'.repeat(150));
    await peer.finished();
    expect(peer.text).toBe('x'.repeat(500) + 'y'.repeat(100));
  });

  it('hands on the end of a stream that stays below it', async () => {
    const answering = await bench.tcp((socket) => socket.end('all'));
    const port = await bench.proxy('a', answering.address);
    await bench.toxic('a', { type: 'limit_data', attributes: { bytes: 100 } });
    const peer = await bench.dial(port);
    await peer.finished();
    expect([peer.text, peer.errorCode]).toEqual(['all', undefined]);
  });
});

describe('a jitter greater than its latency', () => {
  it('never keeps a round trip from coming back, in order', async () => {
    const port = await bench.proxy('a', echo.address);
    for (const stream of ['upstream', 'downstream'])
      await bench.toxic('a', { type: 'latency', stream, attributes: { latency: 10, jitter: 20 } });
    const peer = await bench.dial(port);
    for (let count = 0; count < 10; count++) await peer.roundTrip(`${count}`);
    expect(peer.text).toBe('0123456789');
  });
});

// Toxiproxy resets what has been opened after the toxic whatever its toxicity is (Shopify/toxiproxy#603).
if (!againstRealServer)
  describe('reset_peer at toxicity 0', () => {
    it('passes bytes on, and an end as an end', async () => {
      const port = await bench.proxy('a', echo.address);
      await bench.toxic('a', { type: 'reset_peer', toxicity: 0 });
      const peer = await bench.dial(port);
      await peer.roundTrip('hello');
      peer.socket.end();
      await peer.closed();
      expect([peer.text, peer.errorCode]).toEqual(['hello', undefined]);
    });
  });

describe('two proxies with toxics', () => {
  it('do nothing to each other', async () => {
    const [slow, fast] = [await bench.proxy('a', echo.address), await bench.proxy('b', echo.address)];
    await bench.toxic('a', { type: 'timeout' });
    const held = await bench.dial(slow);
    held.socket.write('into the hole');
    const peer = await bench.dial(fast);
    await peer.roundTrip('hello');
    await realClock.sleep(50);
    expect([held.text, peer.text]).toEqual(['', 'hello']);
  });
});
