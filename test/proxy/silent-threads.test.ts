import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../harness/kit/errors.ts';
import { SilentThreads } from '../../harness/proxy/silent-threads.ts';

class Thread extends EventEmitter {
  isTerminated = false;
  terminate(): Promise<number> {
    this.isTerminated = true;
    this.emit('exit', 1);
    return Promise.resolve(1);
  }
}

/** Threads that start when they are told to. */
class Starts {
  readonly begun: { readonly up: (thread: Worker) => void; readonly fail: (cause: Error) => void }[] = [];
  readonly start = (): Promise<Worker> => new Promise((up, fail) => this.begun.push({ up, fail }));
  readonly threads: Thread[] = [];

  /** The start that is under way comes to its end. */
  async end(): Promise<void> {
    const thread = new Thread();
    this.threads.push(thread);
    this.begun.at(-1)?.up(thread as unknown as Worker);
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** The numbers of the threads in the order in which they are had. */
function haveOf(starts: Starts, threads: SilentThreads): { readonly had: unknown[]; take: () => void } {
  const had: unknown[] = [];
  const numberOf = (thread: unknown): number => starts.threads.indexOf(thread as Thread);
  return {
    had,
    take: () => void threads.take().then((thread) => had.push(numberOf(thread)), (cause: unknown) => had.push(messageOf(cause))), // prettier-ignore
  };
}

describe('the threads of silent doors', () => {
  it('start one after the other, and are had in the order in which they were asked for', async () => {
    const starts = new Starts();
    const { had, take } = haveOf(starts, new SilentThreads({ start: starts.start }));
    await settled();
    expect(starts.begun).toHaveLength(0);
    for (let count = 0; count < 3; count++) take();
    for (const count of [1, 2, 3]) {
      expect(starts.begun).toHaveLength(count);
      await starts.end();
    }
    expect(had).toEqual([0, 1, 2]);
    expect(starts.begun).toHaveLength(3);
  });

  it('that are given back are had by who has waited longest, or end', async () => {
    const starts = new Starts();
    const threads = new SilentThreads({ start: starts.start });
    const { had, take } = haveOf(starts, threads);
    take();
    await starts.end();
    for (let count = 0; count < 2; count++) take();
    threads.giveBack(starts.threads[0] as unknown as Worker);
    await settled();
    expect(had).toEqual([0, 0]);
    await starts.end();
    expect(had).toEqual([0, 0, 1]);
    threads.giveBack(starts.threads[1] as unknown as Worker);
    expect(starts.threads.map(({ isTerminated }) => isTerminated)).toEqual([false, true]);
  });

  it('are kept, four at most, by who keeps them ready, who has the first before anybody asks', async () => {
    const starts = new Starts();
    const threads = new SilentThreads({ keepsReady: true, start: starts.start });
    const { had, take } = haveOf(starts, threads);
    expect(starts.begun).toHaveLength(1);
    await starts.end();
    expect(starts.begun).toHaveLength(1);
    for (let count = 0; count < 6; count++) {
      take();
      await settled();
      // The next one is made ready, and had.
      await starts.end();
    }
    expect(had).toEqual([0, 1, 2, 3, 4, 5]);
    for (const thread of starts.threads.slice(0, 6)) threads.giveBack(thread as unknown as Worker);
    expect(starts.threads.map(({ isTerminated }) => isTerminated)).toEqual([false, false, false, true, true, true, false]); // prettier-ignore
    // One that has ended while nobody had it is not given to anybody.
    void starts.threads[6]?.terminate();
    take();
    await settled();
    expect(had.at(-1)).toBe(0);
  });

  it('that cannot be started are told to who waits for them, one by one', async () => {
    const starts = new Starts();
    const threads = new SilentThreads({ keepsReady: true, start: starts.start });
    starts.begun.at(-1)?.fail(new Error('no memory'));
    await settled();
    // Nobody had asked: it is tried again when somebody does.
    expect(starts.begun).toHaveLength(1);
    const { had, take } = haveOf(starts, threads);
    for (let count = 0; count < 2; count++) take();
    starts.begun.at(-1)?.fail(new Error('no memory'));
    await settled();
    expect(had).toEqual(['no memory']);
    await starts.end();
    expect(had).toEqual(['no memory', 0]);
  });
});
