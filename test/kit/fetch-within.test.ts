import { describe, expect, it } from 'vitest';
import { fetchWithin } from '../../harness/kit/fetch-within.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';

const url = 'http://anywhere.test/page';
const text = (response: Response): Promise<string> => response.text();

/** Answers nothing, until it is told that nobody waits any more. */
const silent: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) =>
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)),
  );

describe('fetchWithin', () => {
  it('reads what is answered, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const fetch = () => Promise.resolve(new Response('said'));
    expect(await clock.run(fetchWithin({ clock, fetch }, url, { limitMs: 2000 }, text))).toBe('said');
    expect(clock.pending).toBe(0);
  });

  it('gives up on a request when its time is over, and says on which', async () => {
    const clock = new VirtualClock();
    const asking = clock.run(fetchWithin({ clock, fetch: silent }, url, { limitMs: 2000 }, text));
    await expect(asking).rejects.toThrow('no answer from http://anywhere.test/page after 2 s');
    expect(clock.now()).toBe(2000);
  });

  it('gives up when it is told to', async () => {
    const clock = new VirtualClock();
    const signal = AbortSignal.abort(new Error('enough'));
    const ended: typeof fetch = (_, init) => Promise.reject(init?.signal?.reason as Error);
    await expect(fetchWithin({ clock, fetch: ended }, url, { limitMs: 2000, signal }, text)).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});
