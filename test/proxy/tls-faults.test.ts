import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { Peer, realClock, startBench, type Bench, type TcpServer } from './support.ts';
import { authorityOf, dialTls, handshakeOutcome, untilDeserted } from './tls-support.ts';

let bench: Bench;
let echo: TcpServer;
let ca: string;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
  ca = await authorityOf(bench);
});
afterEach(() => bench.cleanup.stop());

const tls = { client: {} };

describe('a certificate that is wrong', () => {
  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['wrong_name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['unknown_authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('is refused when it is %s, and is in order again when that is healed', async (flaw, code) => {
    const port = await bench.proxy('a', echo.address, { tls });
    const asked: ConnectionOptions[] = [{ ca }, { ca, host: 'localhost', servername: 'api.example.com' }];
    await bench.toxic('a', { name: 'bad', type: 'bad_certificate', attributes: { fault: flaw } });
    for (const options of asked) expect(await handshakeOutcome(port, options)).toBe(code);
    await bench.call('DELETE', '/proxies/a/toxics/bad');
    for (const options of asked) expect(await handshakeOutcome(port, options)).toBe('ok');
    expect(await bench.receipt('a', 'bad')).toMatchObject({ connectionsSeen: 2, connectionsAltered: 2 });
  });

  it('is seen by clients that had a session before it, and by none that resumes one', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    const first = connect({ port, host: 'localhost', ca });
    const [session] = (await once(first, 'session')) as [Buffer];
    const second = connect({ port, host: 'localhost', ca, session });
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(true);
    await bench.toxic('a', { name: 'bad', type: 'bad_certificate' });
    expect(await handshakeOutcome(port, { ca, session })).toBe('CERT_HAS_EXPIRED');
    await bench.call('DELETE', '/proxies/a/toxics/bad');
    expect(await handshakeOutcome(port, { ca, session })).toBe('ok');
    for (const socket of [first, second]) socket.destroy();
  });

  it('is shown to the share of connections that the toxicity says, the same ones for the same seed', async () => {
    const outcomes = async (): Promise<string[]> => {
      const other = await startBench({ seed: 4 });
      const port = await other.proxy('a', echo.address, { tls });
      await other.toxic('a', { name: 'bad', type: 'bad_certificate', toxicity: 0.5 });
      const trusted = await authorityOf(other);
      const seen: string[] = [];
      for (let count = 0; count < 20; count++) seen.push(await handshakeOutcome(port, { ca: trusted }));
      const { connectionsSeen, connectionsAltered } = await other.receipt('a', 'bad');
      expect([connectionsSeen, connectionsAltered]).toEqual([20, seen.filter((outcome) => outcome !== 'ok').length]);
      await other.cleanup.stop();
      return seen;
    };
    const once = await outcomes();
    expect(new Set(once)).toEqual(new Set(['ok', 'CERT_HAS_EXPIRED']));
    expect(await outcomes()).toEqual(once);
  });

  it('does nothing to connections that have shaken hands, and passes the bytes of clients that do not mind', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    const before = await dialTls(bench, port, { ca });
    await bench.toxic('a', { name: 'bad', type: 'bad_certificate' });
    await before.roundTrip('hello');
    const careless = await dialTls(bench, port, { rejectUnauthorized: false });
    await careless.roundTrip('hello');
    expect(await bench.receipt('a', 'bad')).toMatchObject({ connectionsSeen: 2, connectionsAltered: 1 });
  });

  it('counts no connection that never begins a handshake', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'bad', type: 'bad_certificate' });
    const silent = await bench.dial(port);
    silent.socket.end();
    await silent.closed();
    expect(await bench.receipt('a', 'bad')).toMatchObject({ connectionsSeen: 1, connectionsAltered: 0 });
  });

  it('is refused, with what it needs, at a proxy that ends no TLS and in the wrong direction', async () => {
    await bench.proxy('plain', echo.address);
    await bench.proxy('secure', echo.address, { tls });
    const add = (proxy: string, stream: string) =>
      bench.call('POST', `/proxies/${proxy}/toxics`, { type: 'bad_certificate', stream });
    const plain = await add('plain', 'downstream');
    expect(plain.status).toBe(400);
    expect(plain.text).toContain('needs a proxy that ends the TLS of its clients (\\"tls\\": {\\"client\\": {}})');
    expect((await add('secure', 'upstream')).text).toContain('must be downstream');
  });
});

describe('which certificate is wrong', () => {
  it('can be changed while the toxic is there, and is checked', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'bad', type: 'bad_certificate' });
    expect(await handshakeOutcome(port, { ca })).toBe('CERT_HAS_EXPIRED');
    const change = (fault: string) => bench.call('PATCH', '/proxies/a/toxics/bad', { attributes: { fault } });
    expect((await change('self_signed')).json).toMatchObject({ attributes: { fault: 'self_signed' } });
    expect(await handshakeOutcome(port, { ca })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    const refused = await change('revoked');
    expect(refused.status).toBe(400);
    expect((JSON.parse(refused.text) as { error: string }).error).toBe(
      'bad request body: attribute "fault" of bad_certificate must be one of "expired", "not_yet_valid", "wrong_name", "unknown_authority", "self_signed", not "revoked"',
    );
  });

  it('is told in the capabilities', async () => {
    const { json } = await bench.call<{ types: { type: string; layer: string }[] }>('GET', '/capabilities');
    const found = json.types.filter(({ layer }) => layer === 'tls').map(({ type }) => type);
    expect(found).toEqual(['bad_certificate', 'tls_stall', 'tls_cut']);
  });
});

describe('a handshake that never comes to an end', () => {
  it('keeps a client waiting as long as the fault is there, and goes on after it', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'stalled', type: 'tls_stall' });
    const socket = connect({ port, host: '127.0.0.1', ca });
    const peer = new Peer(socket);
    let isSecure = false;
    socket.once('secureConnect', () => (isSecure = true));
    await altered('stalled', 1);
    await realClock.sleep(100);
    expect(isSecure).toBe(false);
    await bench.call('DELETE', '/proxies/a/toxics/stalled');
    await once(socket, 'secureConnect');
    await peer.roundTrip('after it');
    socket.destroy();
    await untilDeserted(echo);
  });

  it('goes on for a connection that a lower toxicity leaves out', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'stalled', type: 'tls_stall' });
    const socket = connect({ port, host: '127.0.0.1', ca });
    await altered('stalled', 1);
    await bench.call('PATCH', '/proxies/a/toxics/stalled', { toxicity: 0 });
    await once(socket, 'secureConnect');
    socket.destroy();
  });

  it('leaves nothing of a client that gives up', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'stalled', type: 'tls_stall' });
    const socket = connect({ port, host: '127.0.0.1', ca }).on('error', () => undefined);
    await altered('stalled', 1);
    socket.destroy();
    await untilDeserted(echo);
  });

  it('takes no more of a client than a handshake can have', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'stalled', type: 'tls_stall' });
    const peer = await bench.dial(port);
    peer.socket.write(Buffer.alloc(1_000_000));
    await peer.closed();
    await untilDeserted(echo);
  });
});

describe('a handshake that is cut', () => {
  it('ends the connection after the first message of the client', async () => {
    const port = await bench.proxy('a', echo.address, { tls });
    await bench.toxic('a', { name: 'cut', type: 'tls_cut' });
    expect(await handshakeOutcome(port, { ca })).toBe('ECONNRESET');
    expect(await bench.receipt('a', 'cut')).toMatchObject({ connectionsSeen: 1, connectionsAltered: 1 });
    await untilDeserted(echo);
    await bench.call('POST', '/reset');
    expect(await handshakeOutcome(port, { ca })).toBe('ok');
  });
});

async function altered(toxic: string, connections: number): Promise<void> {
  const look = async (): Promise<true | undefined> =>
    (await bench.receipt('a', toxic))['connectionsAltered'] === connections ? true : undefined;
  await waitUntil(realClock, look, { what: `${connections} connections altered by ${toxic}`, limitMs: 2_000 });
}
