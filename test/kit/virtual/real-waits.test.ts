import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../../harness/kit/virtual/virtual-globals.ts';

/** As a library keeps them that was loaded before. */
const kept = { setTimeout, setImmediate, fetch, stat: fs.stat.bind(fs) };

function simulate<T>(work: () => Promise<T>): Promise<T> {
  const nowhere: typeof fetch = () => Promise.resolve(new Response('from nowhere'));
  return withVirtualGlobals({ clock: new VirtualClock(), random: seededRandom(1), fetch: nowhere }, work);
}

const escapes: readonly { name: string; what: string; waitInRealTime: () => Promise<unknown> }[] = [
  {
    ...{ name: 'a timer that was kept', what: 'a timer of real time' },
    waitInRealTime: () => new Promise((resolve) => kept.setTimeout(resolve, 1)),
  },
  {
    ...{ name: 'a turn of the event loop that was kept', what: 'a turn of the real event loop' },
    waitInRealTime: () => new Promise((resolve) => kept.setImmediate(resolve)),
  },
  {
    ...{ name: 'compression on a thread', what: 'compression' },
    waitInRealTime: () => new Promise((resolve) => gzip('text', resolve)),
  },
  {
    ...{ name: 'a digest on a thread', what: 'cryptography' },
    waitInRealTime: () => crypto.subtle.digest('SHA-256', new Uint8Array(4)),
  },
  {
    ...{ name: 'a file', what: 'a file' },
    waitInRealTime: () => kept.stat('/'),
  },
  {
    ...{ name: 'a message from a port', what: 'a message between ports' },
    waitInRealTime: () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.once('message', () => {
          port1.close();
          resolve(undefined);
        });
        port2.postMessage('said');
      }),
  },
  {
    ...{ name: 'the text of a Blob', what: 'a Blob to be read' },
    waitInRealTime: () => new Blob(['text']).text(),
  },
  {
    ...{ name: 'the stream of a Blob', what: 'a Blob to be read' },
    waitInRealTime: () => new Response(new Blob(['text']).stream()).text(),
  },
];

describe.each(escapes)('a simulation in which somebody waits for $name', ({ what, waitInRealTime }) => {
  it('fails with the stack of who waits, though virtual time goes on meanwhile', async () => {
    const waiting = simulate(async () => {
      await Promise.race([waitInRealTime(), new Promise((resolve) => setTimeout(resolve, 60_000))]);
    });
    await expect(waiting).rejects.toThrow(what);
    await expect(waiting).rejects.toThrow('The simulated world was made to wait for');
    await expect(waiting).rejects.toThrow(/It was done by:\n(.*\n)?.*waitInRealTime.*real-waits\.test\.ts/);
  });

  it('fails so, too, where virtual time stands still meanwhile', async () => {
    await expect(simulate(waitInRealTime)).rejects.toThrow(what);
  });
});

describe('a simulation', () => {
  it('fails where a fetch that was kept reaches for a socket', async () => {
    const reaching = simulate(() => kept.fetch('http://127.0.0.1:20001').catch(() => undefined));
    await expect(reaching).rejects.toThrow(
      /net\.Socket\.connect was called in the simulated world.*\n.*real-waits\.test/,
    );
  });

  it('fails where something is sent on a connection that was opened before it', async () => {
    const heard: string[] = [];
    const server = createServer((request, response) => {
      heard.push(request.url ?? '');
      response.end('ok');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    await (await kept.fetch(`http://127.0.0.1:${port}/before`)).text();
    const onSocket = simulate(async () => {
      socket.write('GET /socket HTTP/1.1\r\nhost: x\r\n\r\n', () => undefined);
      await Promise.resolve();
    });
    await expect(onSocket).rejects.toThrow(/net\.Socket\.write was called.*\n.*real-waits\.test/);
    const ending = simulate(async () => {
      socket.end('the last');
      await Promise.resolve();
    });
    await expect(ending).rejects.toThrow('net.Socket.end was called');
    const byFetch = simulate(() => kept.fetch(`http://127.0.0.1:${port}/fetch`).catch(() => undefined));
    await expect(byFetch).rejects.toThrow('net.Socket.write was called');
    expect(heard).toEqual(['/before']);
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('fails where a form with a file is sent, though it is the platform that reads the file', async () => {
    const form = new FormData();
    form.append('file', new Blob(['text']), 'file.txt');
    const sending = simulate(() => new Request('http://anywhere.test/', { method: 'POST', body: form }).text());
    await expect(sending).rejects.toThrow(/made to wait for a Blob to be read, .* also where it is part of a form/);
  });

  it('fails where somebody waits for shared memory to change', async () => {
    const waiting = simulate(async () => {
      // Not every release of the platform that is supported has it.
      const waitAsync = Reflect.get(Atomics, 'waitAsync') as (shared: Int32Array, ...others: number[]) => unknown;
      await (waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5) as { value: unknown }).value;
    });
    await expect(waiting).rejects.toThrow(
      /Atomics\.waitAsync was called in the simulated world, where real time must not pass\..*\n.*real-waits\.test/,
    );
  });

  it('does not mind what takes no real time, nor what a test runner does beside it', async () => {
    const done = await simulate(async () => {
      console.log('said in a simulation');
      await new Promise((resolve) => setTimeout(resolve, 10));
      await new Response(gzipSync('text')).arrayBuffer();
      return createHash('sha256').update('text').digest('hex').length;
    });
    expect(done).toBe(64);
  });

  it('leaves no watch behind', async () => {
    await simulate(() => Promise.resolve());
    await new Promise((resolve) => kept.setTimeout(resolve, 1));
    await simulate(() => Promise.resolve());
  });
});
