import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SilentPorts, type SilentPort, type SilentThread } from '../../harness/proxy/silent-ports.ts';

const host = '127.0.0.1';

/** As many ports that nobody had a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const codeOf = (cause: unknown): string => String((cause as NodeJS.ErrnoException).code);

/** What becomes of a connect within a fifth of a second. */
async function connectTo(port: number): Promise<string> {
  const socket = connect({ port, host });
  const became = await Promise.race([
    once(socket, 'connect').then(() => 'answered', codeOf),
    sleep(200, 'not answered'),
  ]);
  // One that was let into the queue stays in it.
  if (became !== 'answered') socket.destroy();
  socket.on('error', () => undefined).unref();
  return became;
}

describe('silent ports', () => {
  it('are all had by one thread, which accepts at none of them while it takes and leaves others', async () => {
    const ports = new SilentPorts();
    const numbers = await freePorts(20);
    const [first = 0, second = 0] = numbers;
    const had: SilentPort[] = [await ports.open({ host, port: first })];
    // The queue has two places, and is full.
    expect([await connectTo(first), await connectTo(first), await connectTo(first)]).toEqual([
      'answered',
      'answered',
      'not answered',
    ]);
    had.push(...(await Promise.all(numbers.slice(1).map((port) => ports.open({ host, port })))));
    await expect(ports.open({ host, port: second })).rejects.toThrow('EADDRINUSE');
    await expect(ports.open({ host: 'localhost', port: 0 })).rejects.toThrow('localhost is no address by number');
    await expect(ports.open({ host, port: 70_000 })).rejects.toThrow('port');
    await had.pop()?.close();
    expect(await connectTo(numbers.at(-1) ?? 0)).toBe('ECONNREFUSED');
    // Would it have accepted, there were places again.
    expect(await connectTo(first)).toBe('not answered');
    await Promise.all(had.map((port) => port.close()));
    expect(await connectTo(first)).toBe('ECONNREFUSED');
  });

  it('end with their thread where nobody wants it ready, and have another one then', async () => {
    const threads = new Threads();
    const ports = new SilentPorts({ start: threads.start });
    expect(threads.begun).toHaveLength(0);
    const [first, second] = await Promise.all([ports.open({ host, port: 1 }), ports.open({ host, port: 2 })]);
    await first.close();
    expect(threads.begun.map(({ state }) => state)).toEqual(['running']);
    await second.close();
    expect(threads.begun.map(({ state }) => state)).toEqual(['told to end']);
    const third = await ports.open({ host, port: 3 });
    threads.begun[1]?.crash();
    // It has let go by that.
    await third.close();
    await ports.open({ host, port: 4 });
    expect(threads.begun.map(({ state }) => state)).toEqual(['told to end', 'crashed', 'running']);
  });

  it('keep the thread that was wanted ready, which starts before anybody asks', async () => {
    const threads = new Threads();
    const ports = new SilentPorts({ keepsReady: true, start: threads.start });
    expect(threads.begun).toHaveLength(1);
    await (await ports.open({ host, port: 1 })).close();
    await expect(ports.open({ host, port: 0 })).rejects.toThrow('no such port');
    await ports.open({ host, port: 2 });
    expect(threads.begun.map(({ state }) => state)).toEqual(['running']);
  });

  it.each([
    { keepsReady: true, throws: false },
    { keepsReady: false, throws: false },
    { keepsReady: true, throws: true },
    { keepsReady: false, throws: true },
  ])(
    'tell everybody who waits that no thread can be started, and try again for the next: %o',
    async ({ keepsReady, throws }) => {
      const threads = new Threads();
      threads.isOutOfMemory = true;
      threads.throwsAtOnce = throws;
      const ports = new SilentPorts({ keepsReady, start: threads.start });
      await sleep(1);
      const before: string[] = [];
      const both = await Promise.allSettled([1, 2].map((port) => ports.open({ host, port }, () => before.push('had'))));
      expect(both.map((one) => one.status === 'rejected' && String(one.reason))).toEqual(
        Array(2).fill('Error: no memory'),
      );
      expect(before).toEqual([]);
      threads.isOutOfMemory = false;
      await expect(ports.open({ host, port: 1 }, () => before.push('had'))).resolves.toBeDefined();
      expect(before).toEqual(['had']);
    },
  );

  it('end a thread that says nothing, tell who waits and who had a port, and have another one then', async () => {
    const threads = new Threads();
    const ports = new SilentPorts({ start: threads.start, limitMs: 20 });
    const had = await ports.open({ host, port: 1 });
    threads.isStuck = true;
    await expect(ports.open({ host, port: 2 })).rejects.toThrow('the silent listener has not answered for 0.02 s');
    await had.lost;
    await had.close();
    threads.isStuck = false;
    const next = await ports.open({ host, port: 3 });
    expect(threads.begun.map(({ state }) => state)).toEqual(['told to end', 'running']);
    threads.isStuck = true;
    await next.close();
    expect(threads.begun.map(({ state }) => state)).toEqual(['told to end', 'told to end']);
  });

  it('go on where no thread can be had any more by the time that the last port is let go of', async () => {
    const threads = new Threads();
    const ports = new SilentPorts({ keepsReady: true, start: threads.start });
    const had: SilentPort[] = [];
    for (let count = 0; count < 1000; count++) had.push(await ports.open({ host, port: 1 }));
    Object.assign(threads, { isOutOfMemory: true, throwsAtOnce: true });
    await expect(Promise.all(had.map((port) => port.close()))).resolves.toHaveLength(1000);
    await expect(ports.open({ host, port: 1 })).rejects.toThrow('no memory');
  });

  it('give up a thread that does not start, end it where it starts too late, and try again for the next', async () => {
    const threads = new Threads();
    let isSlow = true;
    let begin = (): void => undefined;
    const slow = new Promise<void>((resolve) => (begin = resolve));
    const start = async (): Promise<SilentThread> => {
      if (isSlow) await slow;
      return threads.start();
    };
    const ports = new SilentPorts({ start, limitMs: 20 });
    await expect(ports.open({ host, port: 1 })).rejects.toThrow('the silent listener has not started for 0.02 s');
    isSlow = false;
    await ports.open({ host, port: 2 });
    begin();
    await sleep(1);
    expect(threads.begun.map(({ state }) => state)).toEqual(['running', 'told to end']);
  });

  it('ask no thread any more that has just been told to end', async () => {
    const threads = new Threads();
    threads.endsSlowly = true;
    const ports = new SilentPorts({ start: threads.start, limitMs: 20 });
    await ports.open({ host, port: 1 });
    threads.isStuck = true;
    await expect(ports.open({ host, port: 2 })).rejects.toThrow('has not answered');
    threads.isStuck = false;
    await expect(ports.open({ host, port: 3 })).resolves.toBeDefined();
    expect(threads.begun.map(({ state }) => state)).toEqual(['told to end', 'running']);
  });

  it('have another thread after a thousand ports, whose remains fill it', async () => {
    const threads = new Threads();
    const ports = new SilentPorts({ keepsReady: true, start: threads.start });
    for (let count = 0; count < 999; count++) await (await ports.open({ host, port: 1 })).close();
    expect(threads.begun.map(({ state }) => state)).toEqual(['running']);
    const both = [await ports.open({ host, port: 1 }), await ports.open({ host, port: 2 })];
    await both[0]?.close();
    expect(threads.begun.map(({ state }) => state)).toEqual(['running']);
    await both[1]?.close();
    expect(threads.begun.map(({ state }) => state)).toEqual(['told to end', 'running']);
  });
});

/** Threads that have any port but 0. */
class Threads {
  readonly begun: { state: 'running' | 'told to end' | 'crashed'; readonly crash: () => void }[] = [];
  isOutOfMemory = false;
  /** As the platform does where the system gives it no thread. */
  throwsAtOnce = false;
  isStuck = false;
  endsSlowly = false;
  readonly start = (): Promise<SilentThread> => {
    if (this.isOutOfMemory && this.throwsAtOnce) throw new Error('no memory');
    if (this.isOutOfMemory) return Promise.reject(new Error('no memory'));
    let over = (): void => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    const one: (typeof this.begun)[number] = {
      state: 'running',
      crash: () => {
        one.state = 'crashed';
        over();
      },
    };
    this.begun.push(one);
    const end = (): void => {
      one.state = 'told to end';
      if (!this.endsSlowly) over();
    };
    const ask: SilentThread['ask'] = ({ address }) => {
      if (this.isStuck) return new Promise(() => undefined);
      if (one.state !== 'running') return Promise.reject(new Error('it has ended'));
      return address?.port === 0 ? Promise.reject(new Error('no such port')) : Promise.resolve();
    };
    return Promise.resolve({ ask, ended, end });
  };
}
