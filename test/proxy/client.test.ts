import { Toxiproxy } from 'toxiproxy-node-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { connectProxyClient, type LinkClient, type ToxicSettings } from '../../harness/proxy/client.ts';
import { portOf, portState, startBench, type Bench, type TcpServer } from './support.ts';

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

const slow: ToxicSettings = {
  name: 'slow',
  type: 'latency',
  stream: 'downstream',
  toxicity: 1,
  attributes: { latency: 30, jitter: 0 },
};

describe('the client of the conductor', () => {
  let client: LinkClient;
  beforeEach(() => {
    client = connectProxyClient(bench.url, { clock: systemClock(), fetch });
  });

  const link = (name: string): Promise<{ port: number }> =>
    client.createLink({ name, listen: '127.0.0.1:0', upstream: echo.address });

  it('opens a link, injects, heals and tells what that did', async () => {
    const { port } = await link('a');
    const peer = await bench.dial(port);
    await client.addToxic('a', slow);
    expect(await peer.roundTrip('hello')).toBeGreaterThanOrEqual(30);
    const receipt = await client.removeToxic('a', 'slow');
    expect(receipt).toMatchObject({ connectionsSeen: 1, connectionsAltered: 1, bytesAltered: 5, ended: 'removed' });
    const counted = { name: 'a', connections: 1, connectionsDropped: 0, bytesToPart: 5, bytesFromPart: 5 };
    expect(await client.traffic()).toEqual([counted]);
  });

  it('cuts a link and gives it back on the same port', async () => {
    const { port } = await link('a');
    await client.setEnabled('a', false);
    expect(await portState(port)).toBe('ECONNREFUSED');
    await client.setEnabled('a', true);
    expect(await portState(port)).toBe('open');
  });

  it('gives the receipt of a toxic that was ended by somebody else', async () => {
    await link('a');
    await client.addToxic('a', slow);
    await client.reset();
    expect(await client.removeToxic('a', 'slow')).toMatchObject({ ended: 'reset', bytesAltered: 0 });
  });

  it('takes a name that is no path', async () => {
    const { port } = await link('a/b c');
    await client.setEnabled('a/b c', false);
    expect(await portState(port)).toBe('ECONNREFUSED');
  });

  it('renews the lease', async () => {
    await client.renew(5_000);
    expect((await bench.call('GET', '/gameday/lease')).json).toMatchObject({ kind: 'held', leaseMs: 5_000 });
  });

  it('says what the server said when it refuses, and what was not there', async () => {
    await link('a');
    await expect(link('a')).rejects.toThrow('refused POST /proxies: proxy already exists (status 409)');
    await expect(client.addToxic('a', { ...slow, attributes: { latency: -1 } })).rejects.toThrow(
      'attribute "latency" of latency must be a whole number from 0 to 86400000 (ms), not -1',
    );
    await expect(client.removeToxic('a', 'none')).rejects.toThrow('toxic not found (status 404)');
    await expect(client.removeToxic('none', 'none')).rejects.toThrow('proxy not found (status 404)');
  });

  it('says that nobody answered', async () => {
    const { url } = bench;
    await bench.cleanup.stop();
    await expect(connectProxyClient(url, { clock: systemClock(), fetch }).reset()).rejects.toThrow(
      'The fault proxy did not answer POST /reset',
    );
    bench = await startBench();
  });
});

describe('toxiproxy-node-client, as its users have it', () => {
  it('drives every call that it has', async () => {
    const toxiproxy = new Toxiproxy(bench.url);
    expect(await toxiproxy.getVersion()).toBe('{"version": "2.12.0"}\n');
    const proxy = await toxiproxy.createProxy({ name: 'a', listen: 'localhost:0', upstream: echo.address });
    const peer = await bench.dial(portOf(proxy.listen));
    const { name, stream, toxicity, attributes } = slow;
    const toxic = await proxy.addToxic({ name, stream, toxicity, attributes, type: 'latency' });
    expect(await peer.roundTrip('slow')).toBeGreaterThanOrEqual(30);
    const updated = await toxic.update({ ...toxic.toJson(), attributes: { latency: 60 } });
    expect(updated.attributes).toEqual({ latency: 60, jitter: 0 });
    expect(await peer.roundTrip('slower')).toBeGreaterThanOrEqual(60);
    expect((await proxy.getToxic('slow')).attributes).toEqual({ latency: 60, jitter: 0 });
    await toxic.remove();
    await expect(proxy.getToxic('slow')).rejects.toThrow('Request failed with status code 404');
    const cut = await proxy.update({ enabled: false, listen: proxy.listen, upstream: proxy.upstream });
    expect([cut.enabled, cut.listen]).toEqual([false, proxy.listen]);
    await toxiproxy.reset();
    expect((await toxiproxy.get('a')).enabled).toBe(true);
    const more = await toxiproxy.populate([{ name: 'b', listen: 'localhost:0', upstream: echo.address }]);
    expect(await portState(portOf(more['b']?.listen ?? ''))).toBe('open');
    expect(Object.keys(await toxiproxy.getAll())).toEqual(['a', 'b']);
    await proxy.remove();
    expect(Object.keys(await toxiproxy.getAll())).toEqual(['b']);
  });
});
