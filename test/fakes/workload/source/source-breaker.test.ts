import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSourceBreaker } from '../../../../fakes/workload/source/source-breaker.ts';
import { SourceFailure } from '../../../../fakes/workload/source/source-failure.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const down = (): Promise<never> => Promise.reject(new SourceFailure({ kind: 'unavailable' }, 'The CRM answered 503.'));

async function opened() {
  const clock = new VirtualClock(1000);
  const closings: number[] = [];
  const breaker = createSourceBreaker({ clock, backoff: () => 700, onClosed: () => closings.push(clock.now()) });
  for (let failure = 0; failure < 12; failure++) await breaker.execute(down).catch(() => undefined);
  return { breaker, clock, closings };
}

describe('the circuit breaker of a source', () => {
  it('opens after twelve failures in a row, for as long as the backoff says', async () => {
    const { breaker } = await opened();
    expect([breaker.closed, breaker.openUntilMs]).toEqual([false, 1700]);
  });

  it('closes with the first request that succeeds', async () => {
    const { breaker, closings, clock } = await opened();
    await clock.advance(700);
    expect(await breaker.execute(() => Promise.resolve('answer'))).toBe('answer');
    expect([breaker.closed, closings]).toEqual([true, [1700]]);
  });

  it('goes by its clock alone, also when the clock on the wall is set back', async () => {
    const { breaker, clock } = await opened();
    await clock.advance(700);
    vi.spyOn(Date, 'now').mockReturnValue(0);
    expect(await breaker.execute(() => Promise.resolve('answer'))).toBe('answer');
  });
});
