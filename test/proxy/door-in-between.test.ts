import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SilentDoor } from '../../harness/proxy/silent-door.ts';
import { socketPorts } from '../../harness/proxy/socket-port.ts';
import { dialAllTheTime, freePort } from './dial-all-the-time.ts';
import { portOf, portState, realClock, startBench, type Bench, type TcpServer } from './support.ts';

// What clients find, on real ports, while the door of a proxy is on its way from one state to another.

let bench: Bench;
let echo: TcpServer;
beforeEach(async () => {
  bench = await startBench();
  echo = await bench.echo();
});
afterEach(() => bench.cleanup.stop());

describe.each(['connect_timeout', 'refuse'])('a proxy with %s', (type) => {
  it('serves no client while it is created, enabled and moved', async () => {
    const [port, other] = [await freePort(bench), await freePort(bench)];
    const ends = [dialAllTheTime(bench, port), dialAllTheTime(bench, other)];
    const listen = `127.0.0.1:${port}`;
    await bench.proxy('a', echo.address, { listen, toxics: [{ name: 'shut', type }] });
    for (const change of [{ enabled: false }, { enabled: true }, { listen: `127.0.0.1:${other}` }])
      expect((await bench.call('PATCH', '/proxies/a', change)).status).toBe(200);
    await realClock.sleep(20);
    for (const end of ends) {
      const { dialled, chunks } = await end();
      expect([dialled > 0, chunks]).toEqual([true, []]);
    }
    expect(echo.sockets).toHaveLength(0);
    const counted = { connections: 0, connectionsOpen: 0, connectionsDropped: 0 };
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
  const thief = createServer();
  bench.cleanup.add('thief', () => void thief.close());
  // It has the port as soon as that is free, before it can be opened.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the door that it is for
  const { close } = SilentDoor.prototype;
  const closing = vi.spyOn(SilentDoor.prototype, 'close').mockImplementation(async function (this: SilentDoor) {
    await close.call(this);
    thief.listen(portOf(port.address));
    await once(thief, 'listening');
  });
  const opening = port.turn('open');
  await expect(opening).rejects.toThrow('address already in use');
  closing.mockRestore();
  await expect(port.turn('silent')).rejects.toThrow('EADDRINUSE');
  thief.close();
  await once(thief, 'close');
  expect(await portState(portOf(port.address))).toBe('ECONNREFUSED');
  await port.turn('silent');
  await expect(once(createServer().listen(portOf(port.address)), 'listening')).rejects.toThrow('EADDRINUSE');
  await port.turn('open');
  expect(await portState(portOf(port.address))).toBe('open');
});
