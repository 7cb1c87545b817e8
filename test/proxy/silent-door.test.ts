import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import net, { connect, createServer, type NetConnectOpts, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { SilentDoor } from '../../harness/proxy/silent-door.ts';
import { SilentPorts } from '../../harness/proxy/silent-ports.ts';

const host = '127.0.0.1';

const silentDoor = (port: number): SilentDoor => new SilentDoor({ host, port }, new SilentPorts());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Listens, as a proxy does that is enabled again at once, and counts who comes. */
function takeOver(cleanup: Cleanup, port: number): { server: Server; sockets: Socket[] } {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(port, host);
  cleanup.add('server', () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, sockets };
}

/** How many have connected to it before the one that is made here. */
async function cameBefore({ server, sockets }: { server: Server; sockets: Socket[] }): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const last = connect({ port, host });
  await once(server, 'connection');
  while (!sockets.some(({ remotePort }) => remotePort === last.localPort)) await once(server, 'connection');
  last.destroy();
  return sockets.length - 1;
}

it('a silent door that is closed while it fills its queue connects to nobody who listens there after it', async () => {
  await using cleanup = new Cleanup();
  const port = await freePort();
  const door = silentDoor(port);
  cleanup.add('door', () => door.close());
  const next = new Promise<ReturnType<typeof takeOver>>((resolve) => {
    // The first connect that fills the queue is on its way, or the second.
    const begun = (): void => {
      unsubscribe('net.client.socket', begun);
      setImmediate(() => void door.close().then(() => resolve(takeOver(cleanup, port))));
    };
    subscribe('net.client.socket', begun);
  });
  await door.shut();
  const after = await next;
  if (!after.server.listening) await once(after.server, 'listening');
  expect(await cameBefore(after)).toBe(0);
});

it('a silent door that is closed before it has the port ends in good order, and the port is free', async () => {
  await using cleanup = new Cleanup();
  for (let round = 0; round < 3; round++) {
    const port = await freePort();
    const door = silentDoor(port);
    const shutting = door.shut();
    await door.close();
    const next = takeOver(cleanup, port);
    await Promise.all([shutting, once(next.server, 'listening')]);
    expect(await cameBefore(next)).toBe(0);
  }
});

it('a silent door fills its queue although a busy system is late with its answers', async () => {
  await using cleanup = new Cleanup();
  const port = await freePort();
  const door = silentDoor(port);
  cleanup.add('door', () => door.close());
  const { connect: connectAtOnce } = net;
  vi.spyOn(net, 'connect').mockImplementation(((address: NetConnectOpts) =>
    connectAtOnce({
      ...{ ...address, host: 'late.test' },
      lookup: (_name, _options, done) => setTimeout(() => done(null, [{ address: host, family: 4 }]), 60),
    })) as typeof connect);
  syncBuiltinESMExports();
  cleanup.add('late answers', () => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  await door.shut();
  // Two are let in, as one is more than was asked for.
  await vi.waitFor(() => expect(vi.mocked(net.connect)).toHaveBeenCalledTimes(3), 3_000);
  const client = connectAtOnce({ port, host }).on('error', () => undefined);
  cleanup.add('client', () => void client.destroy());
  expect(await Promise.race([once(client, 'connect').then(() => 'answered'), sleep(300, 'not answered')])).toBe(
    'not answered',
  );
});

it('a silent door says when somebody else has the port', async () => {
  await using cleanup = new Cleanup();
  const { server } = takeOver(cleanup, 0);
  await once(server, 'listening');
  const door = silentDoor((server.address() as AddressInfo).port);
  cleanup.add('door', () => door.close());
  await expect(door.shut()).rejects.toThrow('EADDRINUSE');
});
