import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Registry } from '../../harness/proxy/registry.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { metricOn, portState, realClock, startBench, type Bench, type TcpServer } from './support.ts';

// An update that is refused changes nothing: Toxiproxy leaves the proxy disabled, at an address where it never was.
let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startBench({ metrics: { proxies: true, runtime: false } });
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

const patch = (change: object): Promise<{ status: number; json: Record<string, unknown> }> =>
  bench.call('PATCH', '/proxies/a', change);

describe('a change of listen whose port cannot be opened', () => {
  it('leaves the proxy where it was, its connections, its counters and its lease too', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    const before = (await bench.call('GET', '/proxies/a')).json;
    const { status, json } = await patch({ listen: echo.address, upstream: '127.0.0.1:1', lease: 5 });
    expect([status, json]).toEqual([
      500,
      {
        error: `listen tcp ${echo.address}: bind: address already in use`,
        status: 500,
        hint: expect.stringContaining('take another port') as string,
      },
    ]);
    expect((await bench.call('GET', '/proxies/a')).json).toEqual(before);
    await peer.roundTrip('again');
    await (await bench.dial(port)).roundTrip('hello');
    expect((await bench.call('GET', '/gameday/traffic')).json).toMatchObject({ a: { connectionsDropped: 0 } });
    const labels = { proxy: 'a', listener: `127.0.0.1:${port}`, upstream: echo.address, direction: 'upstream' };
    const { text } = await bench.call('GET', '/metrics');
    expect(metricOn(text, 'toxiproxy_proxy_received_bytes_total', labels)).toBe(15);
  });

  it('leaves it disabled, with the address that it had, where it was disabled', async () => {
    const port = await bench.proxy('a', echo.address);
    await patch({ enabled: false });
    expect((await patch({ listen: echo.address, enabled: true })).status).toBe(500);
    const after = { listen: `127.0.0.1:${port}`, enabled: false };
    expect((await bench.call('GET', '/proxies/a')).json).toMatchObject(after);
    expect(await portState(port)).toBe('ECONNREFUSED');
    expect((await patch({ enabled: true })).json).toMatchObject({ ...after, enabled: true });
  });

  it('leaves its door shut where a toxic shuts it', async () => {
    const port = await bench.proxy('a', echo.address);
    await bench.toxic('a', { type: 'refuse', name: 'shut' });
    expect((await patch({ listen: echo.address })).status).toBe(500);
    expect(await portState(port)).toBe('ECONNREFUSED');
    await bench.call('DELETE', '/proxies/a/toxics/shut');
    expect(await portState(port)).toBe('open');
  });

  it('where the old one cannot be opened again either, is told of, and the proxy is disabled', async () => {
    const lines: string[] = [];
    let opened = 0;
    const registry = new Registry({
      ...{ clock: realClock, random: seededRandom(1), log: (line) => lines.push(line) },
      openPort: ({ listen }) => {
        opened += 1;
        if (opened > 1) return Promise.reject(new Error(`no port ${listen}`));
        return Promise.resolve({ address: listen, turn: () => Promise.resolve(), close: () => undefined });
      },
    });
    await registry.create({ name: 'a', listen: '127.0.0.1:5', upstream: '127.0.0.1:1', enabled: true, toxics: [] });
    await expect(registry.update('a', { listen: '127.0.0.1:6' })).rejects.toThrow('no port 127.0.0.1:6');
    expect(lines).toEqual(['proxy "a": could not go back to 127.0.0.1:5: no port 127.0.0.1:5']);
    expect(registry.view('a')).toMatchObject({ listen: '127.0.0.1:5', enabled: false });
  });
});

describe('a change of listen whose port can be opened', () => {
  it('drops the connections that there were, and counts them', async () => {
    const port = await bench.proxy('a', echo.address);
    const peer = await bench.dial(port);
    await peer.roundTrip('hello');
    expect((await patch({ listen: '127.0.0.1:0' })).json).toMatchObject({ enabled: true });
    await peer.finished();
    expect(await portState(port)).toBe('ECONNREFUSED');
    expect((await bench.call('GET', '/gameday/traffic')).json).toMatchObject({ a: { connectionsDropped: 1 } });
  });

  it('may be that of the same port on all addresses, which its own is in the way of', async () => {
    const port = await bench.proxy('a', echo.address);
    // With IPv6, where there is that.
    expect((await patch({ listen: `0.0.0.0:${port}` })).json).toMatchObject({
      listen: expect.stringMatching(new RegExp(`^(\\[::\\]|0\\.0\\.0\\.0):${port}$`)) as string,
    });
    await (await bench.dial(port)).roundTrip('hello');
  });
});
