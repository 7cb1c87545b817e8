import { expect, it } from 'vitest';
import type { Clock } from '../../harness/kit/clock.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Pacer } from '../../harness/proxy/pacer.ts';

/** A clock on which work takes time: the platform stands still in it, as it does while code runs. */
function workingClock(): { clock: Clock; virtual: VirtualClock; work: (ms: number) => void } {
  const virtual = new VirtualClock();
  let workedMs = 0;
  const clock: Clock = {
    now: () => virtual.now() + workedMs,
    setTimer: (callback, delayMs) => virtual.setTimer(callback, delayMs),
    sleep: (delayMs, signal) => virtual.sleep(delayMs, signal),
  };
  return { clock, virtual, work: (ms) => void (workedMs += ms) };
}

const untold = (line: string): never => {
  throw new Error(line);
};

it('does at once what takes less than 10 ms in all', () => {
  const { clock, work } = workingClock();
  const done: number[] = [];
  new Pacer(clock, untold).each([1, 2, 3, 4], (item) => {
    work(2);
    done.push(item);
  });
  expect(done).toEqual([1, 2, 3, 4]);
});

it('leaves no timer where work takes no time, as in virtual time', () => {
  const { clock, virtual } = workingClock();
  new Pacer(clock, untold).each([1, 2, 3], () => undefined);
  expect(virtual.pending).toBe(0);
});

it('does what four hundred calls ask for in slices, too: all calls of one turn share one', async () => {
  const { clock, virtual, work } = workingClock();
  const pacer = new Pacer(clock, untold);
  let done = 0;
  const call = (): void =>
    pacer.each([1], () => {
      work(1);
      done += 1;
    });
  for (let count = 0; count < 400; count++) call();
  expect(done).toBe(10);
  await virtual.advance(1);
  expect([done, virtual.pending]).toEqual([400, 0]);
  // A later turn has a slice of its own.
  for (let count = 0; count < 12; count++) call();
  expect(done).toBe(410);
});

it('does the rest in slices of later turns, in order, with what has come meanwhile behind it', async () => {
  const { clock, virtual, work } = workingClock();
  const pacer = new Pacer(clock, untold);
  const done: number[] = [];
  const takeFive = (item: number): void => {
    work(5);
    done.push(item);
  };
  pacer.each([1, 2, 3, 4, 5], takeFive);
  expect(done).toEqual([1, 2]);
  pacer.each([6], takeFive);
  expect(done).toEqual([1, 2]);
  await virtual.advance(1);
  expect([done, virtual.pending]).toEqual([[1, 2, 3, 4, 5, 6], 0]);
});

it('does all that waits when it is told to finish, and goes on as before', async () => {
  const { clock, virtual, work } = workingClock();
  const pacer = new Pacer(clock, untold);
  const done: number[] = [];
  const takeTen = (item: number): void => {
    work(10);
    done.push(item);
  };
  pacer.each([1, 2, 3], takeTen);
  pacer.finish();
  expect(done).toEqual([1, 2, 3]);
  await virtual.advance(1);
  pacer.each([4, 5], takeTen);
  expect(done).toEqual([1, 2, 3, 4]);
  await virtual.advance(1);
  expect([done, virtual.pending]).toEqual([[1, 2, 3, 4, 5], 0]);
});

it('does the rest where a piece fails, in each way of doing it, and tells of every failure', async () => {
  const { clock, virtual, work } = workingClock();
  const lines: string[] = [];
  const pacer = new Pacer(clock, (line) => lines.push(line));
  const done: number[] = [];
  const failAtOdd = (item: number): void => {
    work(4);
    if (item % 2 === 1) throw new Error(`odd: ${item}`);
    done.push(item);
  };
  pacer.each([1, 2, 3, 4, 5, 6], failAtOdd);
  expect(done).toEqual([2]);
  await virtual.advance(1);
  expect([done, virtual.pending]).toEqual([[2, 4, 6], 0]);
  pacer.each([7, 8, 9, 10, 11, 12], failAtOdd);
  pacer.finish();
  expect(done).toEqual([2, 4, 6, 8, 10, 12]);
  const told = (item: number): string => `what a toxic does to a connection has failed: odd: ${item}`;
  expect(lines).toEqual([1, 3, 5, 7, 9, 11].map(told));
});

it('has work that comes again and again in line once, and in line again when it asks for that in its turn', async () => {
  const { clock, virtual, work } = workingClock();
  const pacer = new Pacer(clock, untold);
  const done: string[] = [];
  let left = 3;
  const place = pacer.place(() => {
    work(12);
    done.push('piece');
    if (--left > 0) place.take();
  });
  place.take();
  expect([done, place.isTaken]).toEqual([['piece'], true]);
  for (let count = 0; count < 3; count++) place.take();
  pacer.each(['other'], (item) => done.push(item));
  await virtual.advance(1);
  expect(done).toEqual(['piece', 'piece', 'other', 'piece']);
  expect([place.isTaken, virtual.pending]).toEqual([false, 0]);
});
