import { AsyncLocalStorage } from 'node:async_hooks';
import nodeCrypto, { randomFillSync, randomInt, randomUUID as uuidOfModule } from 'node:crypto';
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

function called<T>(ask: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((error, value) => (error ? reject(error) : resolve(value))));
}

/** The time that a UUID of version 7 begins with. */
function timeOf(uuid: string): number {
  return Number.parseInt(uuid.replace('-', '').slice(0, 12), 16);
}

/** Whether there is nothing but zeros in these bytes. */
function zeros(given: ArrayBufferLike | ArrayBufferView, from: number, to: number): boolean {
  const bytes = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
  return bytes.subarray(from, to).every((byte) => byte === 0);
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

  it('tell it by ways that are seldom taken', async () => {
    const short = new Intl.DateTimeFormat('en', { dateStyle: 'short', timeZone: 'UTC' });
    const seen = await simulate(async () => {
      performance.mark('before');
      await new Promise((resolve) => setTimeout(resolve, 86_400_000));
      const DateOfDate = new Date().constructor as DateConstructor;
      return {
        constructor: [DateOfDate.now(), new DateOfDate().getTime()],
        formats: [short.format(), short.format(0), short.formatToParts()[2]?.value],
        marks: [performance.mark('after').startTime, performance.mark('set', { startTime: 5 }).startTime],
        measures: [
          performance.measure('since the beginning').duration,
          performance.measure('since', 'before').duration,
          performance.measure('since', 'set').duration,
          performance.measure('between', 'set', 'after').duration,
          performance.measure('said', { start: 3, duration: 4 }).duration,
        ],
        origin: performance.timeOrigin,
        sortable: timeOf(Reflect.apply(Reflect.get(nodeCrypto, 'randomUUIDv7') as () => string, nodeCrypto, [])),
        uptime: process.uptime(),
      };
    });
    const day = 86_400_000;
    expect(seen).toEqual({
      constructor: [startMs + day, startMs + day],
      formats: ['1/2/30', '1/1/70', '2'],
      marks: [day, 5],
      measures: [day, day, day - 5, day - 5, 4],
      origin: startMs,
      sortable: startMs + day,
      uptime: 86_400,
    });
    expect([new Date().constructor === Date, short.format() === short.format(Date.now())]).toEqual([true, true]);
  });

  it('clear timers by their numbers, as the platform does', async () => {
    const fired = await simulate(async () => {
      const seen: string[] = [];
      const [first, second] = ['first', 'second'].map((name) => setTimeout(() => seen.push(name), 5));
      setTimeout(() => seen.push('third'), 5);
      clearTimeout(Number(first));
      clearTimeout(String(Number(second)));
      clearTimeout(undefined);
      clearTimeout(4711);
      await sleepOfModule(10);
      return [seen, Number(second) === Number(second), Number(first) === Number(second)];
    });
    expect(fired).toEqual([['third'], true, false]);
  });

  it('call back in the context of who set a timer, as the platform does', async () => {
    const storage = new AsyncLocalStorage<string>();
    const work = (): Promise<unknown> =>
      storage.run('mine', async () => {
        const seen: unknown[] = [];
        const see = (how: string): void => void seen.push([how, storage.getStore()]);
        const signal = AbortSignal.timeout(5);
        // A signal does not keep a process alive.
        const keeping = setTimeout(() => undefined, 60_000);
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            see('signal');
            resolve();
          });
        });
        clearTimeout(keeping);
        for (const set of [setTimeout, setImmediate, setInterval] as ((callback: () => void) => NodeJS.Timeout)[])
          await new Promise<void>((resolve) => {
            const timer = set(() => {
              see('timer');
              clearInterval(timer);
              resolve();
            });
          });
        await new Promise<void>((resolve) => {
          const refreshed = setTimeout(function (this: unknown) {
            see(`refreshed, as ${this === refreshed ? 'its own' : 'another'}`);
            resolve();
          }, 5);
          storage.run('another', () => refreshed.refresh());
        });
        await storage.exit(
          () =>
            new Promise<void>((resolve) => {
              setTimeout(() => {
                see('outside');
                resolve();
              }, 1);
            }),
        );
        await sleepOfModule(1);
        see('sleep');
        return seen;
      });
    const outside = await work();
    expect(await simulate(work)).toEqual(outside);
    expect(outside).toContainEqual(['timer', 'mine']);
    expect(outside).toContainEqual(['refreshed, as its own', 'mine']);
    expect(outside).toContainEqual(['outside', undefined]);
    // Also where it is entered for good, and of two that overlap.
    const both = await simulate(async () => {
      const seen: unknown[] = [];
      const one = async (name: string): Promise<void> => {
        storage.enterWith(name);
        await new Promise<void>((resolve) => {
          setTimeout(() => {
            seen.push(storage.getStore());
            resolve();
          }, 10);
        });
      };
      await Promise.all([one('first'), one('second')]);
      return seen;
    });
    expect(both).toEqual(['first', 'second']);
  });

  it('know of a timer whether it is referred to, and take nothing that cannot be called', async () => {
    const seen = await simulate(async () => {
      const timer = setTimeout(() => undefined, 1).unref();
      const refs = [timer.hasRef(), timer.ref().hasRef()];
      const wrong = [setTimeout, setInterval, setImmediate].map((set) => {
        try {
          return (set as (callback: unknown) => unknown)('no function');
        } catch (cause) {
          return (cause as { code: string }).code;
        }
      });
      await Promise.resolve();
      return [refs, wrong];
    });
    expect(seen).toEqual([[false, true], Array(3).fill('ERR_INVALID_ARG_TYPE')]);
  });

  it('send no signal to another process', async () => {
    await expect(simulate(() => Promise.resolve(process.kill(process.ppid, 0)))).rejects.toThrow(
      `there is no process ${process.ppid}`,
    );
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

  it('give chance in every form that it can be asked for in', async () => {
    const filled = await simulate(async () => {
      const buffer = new ArrayBuffer(64);
      // The platform takes one, its types do not know.
      randomFillSync(buffer as unknown as Uint8Array);
      const partly = randomFillSync(Buffer.alloc(64), 16, 16);
      const words = randomFillSync(new Uint16Array(32), 8, 8);
      const view = new DataView(new ArrayBuffer(64), 32);
      nodeCrypto.getRandomValues(new Uint8Array(view.buffer, 32));
      return {
        buffer: zeros(buffer, 0, 64),
        partly: [zeros(partly, 0, 16), zeros(partly, 16, 32), zeros(partly, 32, 64)],
        words: [zeros(words, 0, 16), zeros(words, 16, 32), zeros(words, 32, 64)],
        view: [zeros(view.buffer, 0, 32), zeros(view.buffer, 32, 64)],
      };
    });
    expect(filled).toEqual({
      buffer: false,
      partly: [true, false, true],
      words: [true, false, true],
      view: [true, false],
    });
  });

  it('give chance to callbacks', async () => {
    const draw = (): Promise<unknown[]> =>
      Promise.all([
        called<number>((done) => randomInt(10, done)),
        called<number>((done) => randomInt(5, 6, done)),
        called<Buffer>((done) => nodeCrypto.randomBytes(4, done)),
        called<Buffer>((done) => nodeCrypto.randomFill(Buffer.alloc(4), 1, 2, done)),
      ]);
    const first = await simulate(draw, 7);
    expect(first).toEqual([expect.any(Number), 5, expect.any(Buffer), expect.any(Buffer)]);
    expect([...(first[3] as Buffer)]).toEqual([0, expect.any(Number), expect.any(Number), 0]);
    expect(await simulate(draw, 7)).toEqual(first);
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

  it('are for one of two that begin side by side, and for both in turn where the first was interrupted', async () => {
    const sleeping = (signal?: AbortSignal): Promise<string> =>
      withVirtualGlobals(
        { clock: new VirtualClock(), random: seededRandom(1), fetch, ...(signal === undefined ? {} : { signal }) },
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          return 'ran';
        },
      );
    const before = [Date, setTimeout, process.exit.name];
    const outcomes = await Promise.allSettled([sleeping(), sleeping()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    const [one, two, three] = await Promise.allSettled([
      sleeping(AbortSignal.abort()),
      sleeping(AbortSignal.abort()),
      sleeping(AbortSignal.abort()),
    ]);
    expect([one.status, two.status, three.status]).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect([Date, setTimeout, process.exit.name]).toEqual(before);
  });

  it('say so when time stands still', async () => {
    await expect(simulate(() => new Promise(() => undefined))).rejects.toThrow('Virtual time stands still');
  });
});
