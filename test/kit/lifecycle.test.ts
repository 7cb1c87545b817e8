import { describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/kit/clock.ts';
import { waitUntil, withDeadline } from '../../harness/kit/deadline.ts';
import { formatDuration } from '../../harness/kit/durations.ts';
import { Cleanup } from '../../harness/kit/lifecycle.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';

describe('clean-up', () => {
  it('undoes last first, and everything even if one step fails, and keeps the first error in view', async () => {
    const order: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add('the world', () => void order.push('world'));
    cleanup.add('the load', () => {
      order.push('load');
      throw new Error('stuck');
    });
    cleanup.add('the observers', () => void order.push('observers'));
    await expect(cleanup.stop()).rejects.toMatchObject({
      message: 'Could not stop the load.',
      cause: { message: 'stuck' },
    });
    expect(order).toEqual(['observers', 'load', 'world']);
  });

  it('can be stopped twice and does its work once', async () => {
    let count = 0;
    const cleanup = new Cleanup();
    cleanup.add('it', () => {
      count++;
    });
    await cleanup.stop();
    await cleanup.stop();
    expect(count).toBe(1);
  });
});

describe('waiting', () => {
  it('says what it waited for, and what was seen last, when the time is over', async () => {
    const clock = new VirtualClock();
    const waiting = waitUntil(clock, () => Promise.reject(new Error('connection refused')), {
      what: 'the CRM',
      limitMs: 1000,
    });
    const message = clock.run(waiting).catch((cause: unknown) => (cause as Error).message);
    expect(await message).toBe('Waited for the CRM: not seen after 1 s (connection refused).');
  });

  it('gives what the check gave', async () => {
    const clock = new VirtualClock();
    let asked = 0;
    expect(
      await clock.run(waitUntil(clock, () => (++asked === 3 ? 'ready' : undefined), { what: 'it', limitMs: 1000 })),
    ).toBe('ready');
  });

  it('gives up on work at its deadline', async () => {
    const clock = new VirtualClock();
    const waiting = clock.run(withDeadline(clock, new Promise(() => undefined), { what: 'an answer', limitMs: 50 }));
    await expect(waiting).rejects.toThrow('Waited for an answer: nothing after 50 ms.');
  });
});

describe('durations and the system clock', () => {
  it('are written as a person reads them', () => {
    expect([850, 12_500, 200_000, 300_000, Infinity].map(formatDuration)).toEqual([
      '850 ms',
      '12.5 s',
      '3 min 20 s',
      '5 min',
      'never',
    ]);
  });

  it('never go back', () => {
    const clock = systemClock();
    const readings = Array.from({ length: 1000 }, () => clock.now());
    expect(readings).toEqual([...readings].sort((left, right) => left - right));
  });
});
