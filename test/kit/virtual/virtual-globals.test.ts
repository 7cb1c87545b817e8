import { randomFillSync, randomInt, randomUUID as uuidOfModule } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleepOfModule } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../../harness/kit/virtual/virtual-globals.ts';

const startMs = Date.UTC(2030, 0, 1);
const answer: typeof fetch = () => Promise.resolve(new Response('from nowhere'));

function simulate<T>(work: () => Promise<T>, seed = 1): Promise<T> {
  const clock = new VirtualClock(startMs);
  return withVirtualGlobals({ clock, random: seededRandom(seed), fetch: answer }, work);
}

describe('virtual globals', () => {
  it('tell virtual time, however it is asked for', async () => {
    const seen = await simulate(async () => {
      const [before, since] = [performance.now(), process.hrtime()];
      await new Promise((resolve) => setTimeout(resolve, 86_400_000));
      return {
        dates: [Date.now(), new Date().getTime(), new Date() instanceof Date],
        elapsedMs: performance.now() - before,
        seconds: process.hrtime(since)[0],
      };
    });
    const tomorrow = startMs + 86_400_000;
    expect(seen).toEqual({ dates: [tomorrow, tomorrow, true], elapsedMs: 86_400_000, seconds: 86_400 });
  });

  it('wait in virtual time, also through the modules that have been imported before', async () => {
    const order = await simulate(async () => {
      const seen: string[] = [];
      setTimeout(() => seen.push('timeout'), 20);
      setImmediate(() => seen.push('immediate'));
      const ticking = setInterval(() => {
        seen.push('tick');
        if (seen.length > 3) clearInterval(ticking);
      }, 8);
      await sleepOfModule(60);
      return seen;
    });
    expect(order).toEqual(['immediate', 'tick', 'tick', 'timeout', 'tick']);
  });

  it('abort by time as the platform does', async () => {
    const reason = await simulate(async () => {
      const signal = AbortSignal.timeout(5000);
      await new Promise((resolve) => setTimeout(resolve, 5001));
      return signal.reason as DOMException;
    });
    expect(reason.name).toBe('TimeoutError');
  });

  it('give chance by the seed', async () => {
    const draw = (): Promise<unknown[]> =>
      Promise.resolve([
        Math.random(),
        crypto.randomUUID(),
        uuidOfModule(),
        [...crypto.getRandomValues(new Uint8Array(4))],
        [randomInt(1000), randomInt(5, 6), ...randomFillSync(new Uint8Array(4))],
      ]);
    const first = await simulate(draw, 7);
    expect(await simulate(draw, 7)).toEqual(first);
    expect(await simulate(draw, 8)).not.toEqual(first);
    expect(first[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('reach only the network that is handed in', async () => {
    expect(await simulate(async () => (await fetch('http://anywhere.test')).text())).toBe('from nowhere');
  });

  it('fail a simulation in which something reached out, with the stack of who did, even if that swallowed the error', async () => {
    const reaching = simulate(async () => {
      await readFile('/etc/hostname').catch(() => undefined);
      return 'done';
    });
    await expect(reaching).rejects.toThrow('fs/promises.readFile was called in the simulated world');
    await expect(reaching).rejects.toHaveProperty('stack', expect.stringContaining('virtual-globals.test.ts'));
    await expect(simulate(() => Promise.resolve(connect(1, '127.0.0.1')))).rejects.toThrow('net.Socket.connect');
  });

  it('are as before afterwards, also when the work failed', async () => {
    const values = (): unknown[] => [
      ...[Date, setTimeout, fetch, Reflect.get(Math, 'random'), Reflect.get(performance, 'now')],
      ...[Reflect.get(AbortSignal, 'timeout'), Reflect.get(crypto, 'randomUUID')],
    ];
    const before = values();
    await expect(simulate(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(values()).toEqual(before);
    expect(Math.abs(Date.now() - startMs)).toBeGreaterThan(1000);
    expect(Object.getOwnPropertyNames(performance)).not.toContain('now');
  });

  it('are not for two simulations at a time', async () => {
    await expect(simulate(() => simulate(() => Promise.resolve()))).rejects.toThrow(
      'A simulation runs in this process',
    );
  });

  it('say so when time stands still', async () => {
    await expect(simulate(() => new Promise(() => undefined))).rejects.toThrow('Virtual time stands still');
  });
});
