import { Toxiproxy } from 'toxiproxy-node-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { portOf, startBench, type Bench, type TcpServer } from './support.ts';
import { authorityOf, certify, dialTls, handshakeOutcome } from './tls-support.ts';

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

describe('the TLS settings of a proxy', () => {
  it('are shown as they were sent, and not at all where there are none', async () => {
    const { ca } = await certify();
    const tls = { client: { names: ['api.example.com'] }, upstream: { ca, name: 'api.example.com' } };
    await bench.proxy('a', echo.address, { tls });
    await bench.proxy('b', echo.address);
    const { json } = await bench.call('GET', '/proxies');
    expect(json['a']).toMatchObject({ tls });
    expect(json['b']).not.toHaveProperty('tls');
  });

  it.each([
    [true, 'tls must be an object, in which there may be "client" and "upstream"'],
    [{ server: {} }, 'tls has no "server". There may be "client" and "upstream"'],
    [{ client: true }, 'tls.client must be an object, in which there may be "names"'],
    [{ client: { names: 'x' } }, 'tls.client.names: '],
    [{ client: { names: ['no name'] } }, 'tls.client.names.0: must be a host name or an IP address'],
    [{ upstream: { insecure: true } }, 'tls.upstream has no "insecure". There may be "ca" and "name"'],
    [{ upstream: { ca: '/etc/ca.pem' } }, 'tls.upstream.ca: must be one or more certificates in PEM'],
    [{ upstream: { name: '' } }, 'tls.upstream.name: must be a host name or an IP address'],
    [
      { upstream: { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' } },
      'tls.upstream.ca: has a certificate in it that cannot be read',
    ],
  ])('are refused with what is allowed: %j', async (tls, message) => {
    const answer = await bench.call('POST', '/proxies', { name: 'a', upstream: echo.address, tls });
    expect(answer.status).toBe(400);
    expect((JSON.parse(answer.text) as { error: string }).error).toContain(message);
    expect((await bench.call('GET', '/proxies')).json).toEqual({});
  });

  it('take no private key', async () => {
    const { ca, key } = await certify();
    const tls = { upstream: { ca: ca + key } };
    const answer = await bench.call('POST', '/proxies', { name: 'a', upstream: echo.address, tls });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('there is a private key in it');
    expect(answer.text).not.toContain('BEGIN');
  });

  it('can be changed while the proxy is there, which drops its connections', async () => {
    const port = await bench.proxy('a', echo.address);
    const plain = await bench.dial(port);
    await plain.roundTrip('hello');
    const changed = await bench.call('PATCH', '/proxies/a', { tls: { client: {} } });
    expect(changed.json).toMatchObject({ enabled: true, listen: `127.0.0.1:${port}`, tls: { client: {} } });
    await plain.finished();
    const ca = await authorityOf(bench);
    await (await dialTls(bench, port, { ca })).roundTrip('hello');
    expect((await bench.call('PATCH', '/proxies/a', { tls: {} })).json['tls']).toEqual({});
    await (await bench.dial(port)).roundTrip('hello');
  });

  it('stay as they are for changes that say nothing of them', async () => {
    const port = await bench.proxy('a', echo.address, { tls: { client: {} } });
    const ca = await authorityOf(bench);
    const peer = await dialTls(bench, port, { ca });
    await bench.call('PATCH', '/proxies/a', { enabled: true, upstream: echo.address });
    await peer.roundTrip('still there');
    expect(peer.socket.destroyed).toBe(false);
  });

  it('do not disturb a client that does not know them', async () => {
    const port = await bench.proxy('a', echo.address, { tls: { client: {} } });
    const ca = await authorityOf(bench);
    const known = await new Toxiproxy(bench.url).get('a');
    await known.update({ enabled: false, listen: known.listen, upstream: known.upstream });
    await known.update({ enabled: true, listen: known.listen, upstream: known.upstream });
    expect(await handshakeOutcome(port, { ca })).toBe('ok');
  });

  it('of a list are those of its entries, and one with other settings takes the place of what was there', async () => {
    const entry = { name: 'a', listen: '127.0.0.1:0', upstream: echo.address };
    const first = await bench.call<{ proxies: { listen: string }[] }>('POST', '/populate', [entry]);
    const listen = first.json.proxies[0]?.listen ?? '';
    await bench.call('POST', '/populate', [{ ...entry, listen, tls: { client: {} } }]);
    expect(await handshakeOutcome(portOf(listen), { ca: await authorityOf(bench) })).toBe('ok');
  });
});
