import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socketPorts } from '../../harness/proxy/socket-port.ts';
import { portOf, portState, realClock, startBench, type Bench, type TcpServer } from './support.ts';

// What clients find, on real ports, while the door of a proxy is on its way from one state to another.

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

/** Clients that dial a port one after another, all the time, and speak at once. Ends with what they have got in all. */
function dialAllTheTime(port: number): () => Promise<{ dialled: number; heard: number }> {
  const seen = { dialled: 0, heard: 0 };
  const over = new AbortController();
  const dialling = (async () => {
    while (!over.signal.aborted) {
      const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('hello'));
      socket.on('error', () => undefined).on('data', () => (seen.heard += 1));
      bench.cleanup.add('client', () => void socket.destroy());
      seen.dialled += 1;
      await realClock.sleep(2);
    }
  })();
  return async () => {
    over.abort();
    await dialling;
    return seen;
  };
}

/** A port of loopback on which nobody listens. */
async function freePort(): Promise<number> {
  const server = await bench.echo();
  await server.stop();
  return server.port;
}

describe.each(['connect_timeout', 'refuse'])('a proxy with %s', (type) => {
  it('serves no client while it is created, enabled and moved', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const ends = [dialAllTheTime(port), dialAllTheTime(other)];
    const listen = `127.0.0.1:${port}`;
    await bench.proxy('a', echo.address, { listen, toxics: [{ name: 'shut', type }] });
    for (const change of [{ enabled: false }, { enabled: true }, { listen: `127.0.0.1:${other}` }])
      expect((await bench.call('PATCH', '/proxies/a', change)).status).toBe(200);
    await realClock.sleep(20);
    for (const end of ends) {
      const { dialled, heard } = await end();
      expect([dialled > 0, heard]).toEqual([true, 0]);
    }
    expect(echo.sockets).toHaveLength(0);
    const counted = { connections: 0, connectionsDropped: 0 };
    expect((await bench.call('GET', '/gameday/traffic')).json).toMatchObject({ a: counted });
    // Who is still trying gets through at last.
    await bench.call('DELETE', '/proxies/a/toxics/shut');
    await (await bench.dial(other)).roundTrip('hello');
  });

  it('can have any port that is free, and none that is taken', async () => {
    const toxics = [{ name: 'shut', type }];
    const port = await bench.proxy('a', echo.address, { toxics });
    const taken = await bench.call('POST', '/proxies', { name: 'b', upstream: echo.address, listen: echo.address, toxics }); // prettier-ignore
    expect([taken.status, taken.text]).toEqual([500, expect.stringContaining('address already in use')]);
    await bench.call('DELETE', '/proxies/a/toxics/shut');
    await (await bench.dial(port)).roundTrip('hello');
  });
});

it('a port that was silent and could not be opened is not silent any more: asked for that, it says what is wrong, and tries', async () => {
  const settings = { listen: '127.0.0.1:0', upstream: () => echo.address, accept: () => undefined };
  const port = await socketPorts()({ ...settings, door: 'silent', log: () => undefined });
  bench.cleanup.add('port', () => port.close());
  const opening = port.turn('open');
  // Without a host to look up it has the port first.
  const thief = createServer().listen(portOf(port.address));
  bench.cleanup.add('thief', () => void thief.close());
  await expect(opening).rejects.toThrow('address already in use');
  await expect(port.turn('silent')).rejects.toThrow('EADDRINUSE');
  thief.close();
  await once(thief, 'close');
  expect(await portState(portOf(port.address))).toBe('ECONNREFUSED');
  await port.turn('silent');
  await expect(once(createServer().listen(portOf(port.address)), 'listening')).rejects.toThrow('EADDRINUSE');
  await port.turn('open');
  expect(await portState(portOf(port.address))).toBe('open');
});
