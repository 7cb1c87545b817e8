import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';

describe('the virtual clock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new VirtualClock(1000);
    let fired = 0;
    clock.setTimer(() => fired++, 10);
    await clock.advance(9);
    expect([clock.now(), fired]).toEqual([1009, 0]);
    await clock.advance(1);
    expect([clock.now(), fired]).toEqual([1010, 1]);
  });

  it('fires timers in the order of their times, and equal times in the order they were set', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimer(() => order.push('late'), 20);
    clock.setTimer(() => order.push('first of two'), 10);
    clock.setTimer(() => order.push('second of two'), 10);
    clock.setTimer(() => order.push('at once'), -5);
    await clock.advance(30);
    expect(order).toEqual(['at once', 'first of two', 'second of two', 'late']);
  });

  it('permutes equal times by chance where it is asked to, and never different times', async () => {
    const fired = async (seed: number): Promise<string> => {
      const random = seededRandom(seed);
      const clock = new VirtualClock(0, { interleave: () => random.next() });
      let order = '';
      for (const name of 'abcdef') clock.setTimer(() => (order += name), 10);
      clock.setTimer(() => (order += 'z'), 11);
      clock.setTimer(() => (order += 'A'), 9);
      await clock.advance(20);
      return order;
    };
    const first = await fired(1);
    expect(first).toMatch(/^A[a-f]{6}z$/);
    expect(await fired(1)).toBe(first);
    expect(await fired(2)).not.toBe(first);
  });

  it('lets everything that a timer made ready run before the next one, however long the chain of promises', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    for (const name of ['first', 'second'])
      clock.setTimer(() => {
        void (async () => {
          for (let step = 0; step < 1000; step++) await Promise.resolve();
          await new Response(name).text();
          seen.push(name);
        })();
        seen.push(`${name} begins`);
      }, 10);
    await clock.advance(10);
    expect(seen).toEqual(['first begins', 'first', 'second begins', 'second']);
  });

  it('rejects when a timer throws, and can go on', async () => {
    const clock = new VirtualClock();
    clock.setTimer(() => {
      throw new Error('broken');
    }, 5);
    await expect(clock.advance(10)).rejects.toThrow('broken');
    await clock.run(clock.sleep(10));
    expect(clock.now()).toBe(15);
  });

  it('does not fire a cancelled timer', async () => {
    const clock = new VirtualClock();
    const timer = clock.setTimer(() => expect.unreachable('it was cancelled'), 5);
    timer.cancel();
    timer.cancel();
    await clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it('takes no real time to sleep for a day', async () => {
    const clock = new VirtualClock();
    const day = 86_400_000;
    await clock.run(clock.sleep(day));
    expect(clock.now()).toBe(day);
  });

  it('runs what is ready before it moves on', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const work = (async () => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep(10);
        seen.push(clock.now());
      }
    })();
    await clock.run(work);
    expect(seen).toEqual([10, 20, 30]);
  });

  it('rejects a sleep that is aborted', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const sleeping = clock.sleep(1000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  it('says so when nothing can settle the work', async () => {
    const clock = new VirtualClock();
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow('Virtual time stands still');
  });
});

describe('a virtual clock whose time never ends', () => {
  it('says who sets timers when they are set for now again and again', async () => {
    const clock = new VirtualClock(500);
    const spinAround = (): void => void clock.setTimer(spinAround, 0);
    spinAround();
    const error = await clock.run(new Promise(() => undefined)).catch((cause: unknown) => cause);
    expect(String(error)).toContain(
      '100000 timers have fired 0 ms after virtual time began, and there are always more for the same millisecond',
    );
    expect(String(error)).toMatch(/200 times, next due at 0 ms:\n.*spinAround.*virtual-clock\.test\.ts/);
  });

  it('says so as soon when time only creeps, alone or in a crowd', async () => {
    const creeping = async (stepMs: number, together: number): Promise<{ error: string; fired: number }> => {
      const clock = new VirtualClock(500);
      let fired = 0;
      // Time goes on for others, too.
      const tick = (): void => void clock.setTimer(tick, 0.5);
      const creepOn = (): void => {
        fired += 1;
        clock.setTimer(creepOn, stepMs);
      };
      tick();
      for (let index = 0; index < together; index++) creepOn();
      const error = await clock.run(new Promise(() => undefined), 720_000).catch((cause: unknown) => String(cause));
      return { error: String(error), fired };
    };
    const alone = await creeping(0.001, 1);
    expect(alone.error).toContain(
      '100000 timers, the last of them 100 ms after virtual time began, have been set by one another for less than 0.01 ms later',
    );
    expect(alone.error).toMatch(/\d+ times, next due at 100 ms:\n.*creepOn.*virtual-clock\.test\.ts/);
    const crowd = await creeping(0.001, 1000);
    expect(crowd.error).toContain('100000 timers have fired 0 ms after virtual time began');
    expect(Math.max(alone.fired, crowd.fired)).toBeLessThan(110_000);
  });

  it('says who sets timers when the limit is over', async () => {
    const clock = new VirtualClock();
    const lookAgain = (): void => void clock.setTimer(lookAgain, 10);
    lookAgain();
    const error = await clock.run(new Promise(() => undefined), 60_000).catch((cause: unknown) => cause);
    expect(String(error)).toContain('after 60000 ms the work is not settled');
    expect(String(error)).toContain('and 1 timers are waiting');
    expect(String(error)).toMatch(/100 times, next due at 61010 ms:\n.*lookAgain/);
  });

  it('says so, too, of one who sets a timer once a minute', async () => {
    const clock = new VirtualClock();
    const beat = (): void => void clock.setTimer(beat, 60_000);
    beat();
    const error = await clock.run(new Promise(() => undefined), 600_000).catch((cause: unknown) => cause);
    expect(String(error)).toMatch(/\n1 times, next due at 720000 ms:\n.*beat.*virtual-clock\.test\.ts/);
  });

  it('names five at most: first who is not of our own code, then who sets the most', async () => {
    const clock = new VirtualClock();
    for (const everyMs of [100, 400, 500, 200, 300]) observe(clock, `every-${everyMs}`, everyMs);
    const beat = (): void => void clock.setTimer(beat, 60_000);
    beat();
    const error = await clock.run(new Promise(() => undefined), 600_000).catch((cause: unknown) => cause);
    const named = [...String(error).matchAll(/times, next due at .* ms:\n.*[/](.*)\.ts:/g)].map(([, file]) => file);
    expect(named).toEqual(['virtual-clock.test', 'every-100', 'every-200', 'every-300', 'every-400']);
  });

  it('is not one that fires many timers at once, or runs for long', async () => {
    const clock = new VirtualClock();
    let fired = 0;
    for (let index = 0; index < 99_000; index++) clock.setTimer(() => (fired += 1), 5);
    await clock.run(clock.sleep(1e9), 2e9);
    expect(fired).toBe(99_000);
    // As many as that in every second, a few at the same time, each set by the one before.
    const flow = (): void => {
      fired += 1;
      if (fired < 400_000) clock.setTimer(flow, fired % 10 === 0 ? 0.1 : 0);
    };
    flow();
    await clock.run(clock.sleep(1e9), 2e9);
    expect(fired).toBe(400_000);
  });
});

/** Sets a timer again and again, as if from a file of our own code. */
function observe(clock: VirtualClock, name: string, everyMs: number): void {
  const code = '((clock, everyMs) => { const again = () => void clock.setTimer(again, everyMs); again(); })';
  const filename = join(import.meta.dirname, '../../harness/observe', `${name}.ts`);
  const begin = runInThisContext(code, { filename }) as (clock: VirtualClock, everyMs: number) => void;
  begin(clock, everyMs);
}
