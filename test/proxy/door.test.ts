import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { dialLimitMs } from '../../harness/proxy/connection.ts';
import type { Clock } from '../../harness/kit/clock.ts';
import { Bench, portState, realClock, startBench, type TcpServer } from './support.ts';

// Toxics that are done to the door of a proxy, on real ports.

/** A proxy before an echo, for one test: they go on side by side, since most of each is waiting. */
async function begin(): Promise<AsyncDisposable & { bench: Bench; echo: TcpServer; port: number }> {
  const bench = await startBench();
  const echo = await bench.echo();
  const port = await bench.proxy('a', echo.address);
  return { bench, echo, port, [Symbol.asyncDispose]: () => bench.cleanup.stop() };
}

/** Connections of this machine that have the port at both ends, by the table of Linux: `local remote state`, where 01 is established. */
function connectedToItself(portWanted: number): number {
  const end = `0100007F:${portWanted.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8').split(`${end} ${end} 01`).length - 1;
}

describe.concurrent('refuse', () => {
  it('refuses who connects, lets open connections go on, and opens the same port again, ten times over', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    const peer = await bench.dial(port);
    for (let round = 0; round < 10; round++) {
      await bench.toxic('a', { name: 'shut', type: 'refuse' });
      expect(await portState(port)).toBe('ECONNREFUSED');
      await peer.roundTrip('still here');
      expect((await bench.call('GET', '/proxies/a')).json).toMatchObject({
        enabled: true,
        listen: `127.0.0.1:${port}`,
      });
      expect((await bench.call('DELETE', '/proxies/a/toxics/shut')).status).toBe(204);
      const other = await bench.dial(port);
      await other.roundTrip('hello');
      other.socket.destroy();
    }
    expect(peer.text).toBe('still here'.repeat(10));
  });

  it.runIf(process.platform === 'linux')('keeps its port from whoever takes any, by a socket of its own', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { name: 'shut', type: 'refuse' });
    await waitUntil(realClock, () => (connectedToItself(port) === 1 ? true : undefined), {
      what: 'the hold',
      limitMs: 1_000,
    });
    await bench.call('DELETE', '/proxies/a/toxics/shut');
    expect([connectedToItself(port), await portState(port)]).toEqual([0, 'open']);
  });

  it('comes with a proxy, is switched by its toxicity, and is gone with a reset', async () => {
    await using begun = await begin();
    const { bench, echo } = begun;
    const other = await bench.proxy('b', echo.address, { toxics: [{ name: 'shut', type: 'refuse', lease: 60 }] });
    const shut = '/proxies/b/toxics/shut';
    expect(await portState(other)).toBe('ECONNREFUSED');
    await bench.call('PATCH', shut, { toxicity: 0 });
    expect(await portState(other)).toBe('open');
    await bench.call('PATCH', shut, { toxicity: 1 });
    expect(await portState(other)).toBe('ECONNREFUSED');
    await bench.call('POST', '/reset');
    expect(await portState(other)).toBe('open');
  });

  it('is gone with its lease', async () => {
    await using begun = await begin();
    const { echo } = begun;
    const leaseMs = 60_000;
    let lapse: () => void = () => undefined;
    const clock: Clock = {
      ...realClock,
      setTimer: (callback, ms) => {
        if (ms === leaseMs) lapse = callback;
        return realClock.setTimer(callback, ms);
      },
    };
    await using other = await startBench({ clock });
    const at = await other.proxy('a', echo.address);
    await other.toxic('a', { name: 'shut', type: 'refuse', lease: leaseMs / 1000 });
    expect(await portState(at)).toBe('ECONNREFUSED');
    lapse();
    const open = async (): Promise<true | undefined> => ((await portState(at)) === 'open' ? true : undefined);
    await waitUntil(realClock, open, { what: 'the door open again', limitMs: 10_000, everyMs: 10 });
  });

  it('stays with the last of two, and is there for all or for none', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    for (const name of ['one', 'two']) await bench.toxic('a', { name, type: 'refuse' });
    await bench.call('DELETE', '/proxies/a/toxics/one');
    expect(await portState(port)).toBe('ECONNREFUSED');
    const half = await bench.call('PATCH', '/proxies/a/toxics/two', { toxicity: 0.5 });
    expect([half.status, half.text]).toEqual([400, expect.stringContaining('toxicity of refuse must be 0 or 1')]);
    expect((await bench.call('POST', '/proxies/a/toxics', { name: 'x', type: 'refuse', toxicity: 0.5 })).status).toBe(
      400,
    );
    await bench.call('DELETE', '/proxies/a/toxics/two');
    expect(await portState(port)).toBe('open');
  });

  it('says when its port has been taken by somebody who asked for just that one, and opens it when that one is gone', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { name: 'shut', type: 'refuse' });
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    const answer = await bench.call('DELETE', '/proxies/a/toxics/shut');
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining('address already in use')]);
    expect((await bench.call('GET', '/proxies/a')).json).toMatchObject({ toxics: [] });
    thief.close();
    const through = async (): Promise<true | undefined> => {
      if ((await portState(port)) !== 'open') return undefined;
      const peer = await bench.dial(port);
      await peer.roundTrip('hello');
      return true;
    };
    await waitUntil(realClock, through, { what: 'the door open again', limitMs: 2_000, everyMs: 10 });
  });

  it('that cannot be undone, as its port is taken, is in the way of no other toxic', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    await bench.toxic('a', { name: 'shut', type: 'refuse' });
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    bench.cleanup.add('thief', () => void thief.close());
    const [toxics, late] = ['/proxies/a/toxics', { name: 'late', type: 'latency', attributes: { latency: 1 } }];
    expect((await bench.call('DELETE', `${toxics}/shut`)).status).toBe(500);
    expect((await bench.call('POST', toxics, late)).status).toBe(200);
    expect((await bench.call('GET', toxics)).json).toMatchObject([{ name: 'late' }]);
    expect((await bench.call('PATCH', `${toxics}/late`, { attributes: { latency: 2 } })).status).toBe(200);
    const { listen, upstream } = (await bench.call('GET', '/proxies/a')).json;
    const again = { name: 'a', listen, upstream, toxics: [{ ...late, attributes: { latency: 3 } }] };
    expect((await bench.call('POST', '/populate', [again])).status).toBe(201);
    expect((await bench.call('GET', `${toxics}/late`)).json).toMatchObject({ attributes: { latency: 3 } });
    expect((await bench.call('DELETE', `${toxics}/late`)).status).toBe(204);
    // One that is at the door is told.
    expect((await bench.call('POST', toxics, { name: 'mute', type: 'connect_timeout' })).status).toBe(500);
  });

  it('lets its port go when the proxy is disabled or deleted', async () => {
    await using begun = await begin();
    const { bench, echo, port } = begun;
    await bench.toxic('a', { name: 'shut', type: 'refuse' });
    await bench.call('PATCH', '/proxies/a', { enabled: false });
    await bench.call('DELETE', '/proxies/a/toxics/shut');
    expect(await portState(port)).toBe('ECONNREFUSED');
    await bench.call('PATCH', '/proxies/a', { enabled: true });
    expect(await portState(port)).toBe('open');
    await bench.toxic('a', { name: 'shut', type: 'refuse' });
    await bench.call('DELETE', '/proxies/a');
    expect(await bench.proxy('b', echo.address, { listen: `127.0.0.1:${port}` })).toBe(port);
  });
});

/** What becomes of a connect within 400 ms. */
async function connected(bench: Bench, to: number): Promise<string> {
  // One that was not answered goes on trying, gets through when the door opens, and is reset when the proxy ends.
  const socket = connect({ port: to, host: '127.0.0.1' }).on('error', () => undefined);
  bench.cleanup.add('socket', () => void socket.destroy());
  const outcome = once(socket, 'connect').then(
    () => 'open',
    (cause: unknown) => String((cause as NodeJS.ErrnoException).code),
  );
  const silence = async (): Promise<string> => {
    await realClock.sleep(400);
    // Where this process did not get its turn for so long, an answer may be there that has not been looked at.
    await nextTurn();
    return 'no answer';
  };
  return Promise.race([outcome, silence()]);
}

describe.concurrent('connect_timeout', () => {
  it('answers no connect, lets open connections go on, and opens the same port again, three times over', async () => {
    await using begun = await begin();
    const { bench, port } = begun;
    const peer = await bench.dial(port);
    for (let round = 0; round < 3; round++) {
      await bench.toxic('a', { name: 'shut', type: 'connect_timeout' });
      expect(await Promise.all([connected(bench, port), connected(bench, port), connected(bench, port)])).toEqual(
        Array(3).fill('no answer'),
      );
      await peer.roundTrip('still here');
      expect((await bench.call('DELETE', '/proxies/a/toxics/shut')).status).toBe(204);
      const other = await bench.dial(port);
      await other.roundTrip('hello');
      other.socket.destroy();
    }
    expect((await bench.call('GET', '/gameday/traffic')).json).toMatchObject({ a: { connectionsDropped: 0 } });
  });

  it('is stronger than refuse, goes over into it and back, and comes with a proxy', async () => {
    await using begun = await begin();
    const { bench, echo } = begun;
    const toxics = [{ name: 'shut', type: 'refuse' }, { name: 'mute', type: 'connect_timeout' }]; // prettier-ignore
    const other = await bench.proxy('b', echo.address, { toxics });
    expect(await connected(bench, other)).toBe('no answer');
    await bench.call('PATCH', '/proxies/b/toxics/mute', { toxicity: 0 });
    expect(await connected(bench, other)).toBe('ECONNREFUSED');
    await bench.call('PATCH', '/proxies/b/toxics/mute', { toxicity: 1 });
    expect(await connected(bench, other)).toBe('no answer');
    await bench.call('POST', '/reset');
    expect(await connected(bench, other)).toBe('open');
  });

  it('frees the port when its proxy is disabled, deleted, or changed in the middle of falling silent', async () => {
    await using begun = await begin();
    const { bench, echo, port } = begun;
    await bench.toxic('a', { name: 'shut', type: 'connect_timeout' });
    await bench.call('PATCH', '/proxies/a', { enabled: false });
    expect(await connected(bench, port)).toBe('ECONNREFUSED');
    await bench.call('PATCH', '/proxies/a', { enabled: true });
    expect(await connected(bench, port)).toBe('no answer');
    await bench.call('DELETE', '/proxies/a');
    expect(await bench.proxy('b', echo.address, { listen: `127.0.0.1:${port}` })).toBe(port);
    for (const waitMs of [0, 20, 50, 100, 200, 300]) {
      const adding = bench.call('POST', '/proxies/b/toxics', { name: 'shut', type: 'connect_timeout' });
      await realClock.sleep(waitMs);
      if (waitMs % 100 === 0) await bench.call('POST', '/reset');
      else await bench.call('PATCH', '/proxies/b', { enabled: false });
      expect((await adding).status).toBe(200);
      await bench.call('POST', '/reset');
      expect([waitMs, await connected(bench, port)]).toEqual([waitMs, 'open']);
    }
  });

  it('ends with the process of the proxy, however that ends', async () => {
    await using begun = await begin();
    const { bench, echo } = begun;
    const main = fileURLToPath(new URL('../../harness/proxy/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    bench.cleanup.add('proxy', () => void child.kill('SIGKILL'));
    const [ready] = (await once(child, 'message')) as [{ port: number }];
    const other = new Bench(`http://127.0.0.1:${ready.port}`, bench.cleanup);
    const at = await other.proxy('a', echo.address);
    await other.toxic('a', { name: 'shut', type: 'connect_timeout' });
    expect(await connected(bench, at)).toBe('no answer');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await connected(bench, at)).toBe('ECONNREFUSED');
  });
});

describe.concurrent('an upstream that answers no connect', () => {
  it('holds up nobody else, and its clients no longer than the limit of a dial', async () => {
    await using begun = await begin();
    const { bench, echo, port } = begun;
    // Ten seconds of a dial take so long here.
    const dialMs = 1500;
    const clock: Clock = {
      ...realClock,
      setTimer: (callback, ms) => realClock.setTimer(callback, ms === dialLimitMs ? dialMs : ms),
    };
    await using other = await startBench({ clock });
    const [dead, alive] = [await other.proxy('dead', `127.0.0.1:${port}`), await other.proxy('alive', echo.address)];
    // Of the same proxy, from when its upstream still answered.
    const older = await other.dial(dead);
    await older.roundTrip('hello');
    await bench.toxic('a', { name: 'shut', type: 'connect_timeout' });
    const fromMs = realClock.now();
    const waiting = await Promise.all(Array.from({ length: 20 }, () => other.dial(dead)));
    const tookMs = [await older.roundTrip('hello'), await (await other.dial(alive)).roundTrip('hello')];
    expect(waiting.map(({ ended }) => ended)).toEqual(waiting.map(() => false));
    expect(Math.max(...tookMs)).toBeLessThan(dialMs);
    await Promise.all(waiting.map((peer) => peer.finished()));
    const waitedMs = realClock.now() - fromMs;
    expect(waitedMs).toBeGreaterThanOrEqual(dialMs);
    // The system gives up after two minutes.
    expect(waitedMs).toBeLessThan(dialMs + 5_000);
    await older.roundTrip('still here');
    expect(waiting.map(({ text, ended }) => [text, ended])).toEqual(waiting.map(() => ['', true]));
  });
});
