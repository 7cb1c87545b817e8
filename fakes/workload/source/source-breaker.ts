import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Clock } from '../../../harness/kit/clock.ts';
import type { Backoff } from '../backoff.ts';
import { isOutage } from './source-failure.ts';

/** Keeps requests away from a source that is down, and finds out with single ones when it is back. */
export interface SourceBreaker {
  readonly closed: boolean;
  /** Not before this may the next request try whether the source is back: epoch milliseconds. */
  readonly openUntilMs: number;
  execute<T>(send: () => Promise<T>): Promise<T>;
}

/** So many failures in a row are an outage: with fewer, the retries of a few operations could open it. */
const failuresInARow = 12;

/**
 * cockatiel's circuit breaker decides when to open and close. How long it stays open is kept here, because cockatiel measures that on the
 * machine's clock, which stands still in virtual time and may be set back; it is told never to wait, and the caller asks `openUntilMs` first.
 */
export function createSourceBreaker(settings: { clock: Clock; backoff: Backoff; onClosed: () => void }): SourceBreaker {
  const policy = circuitBreaker(handleWhen(isOutage), {
    // With 0 it would still refuse while the machine's clock is behind the moment of opening.
    halfOpenAfter: -Infinity,
    breaker: new ConsecutiveBreaker(failuresInARow),
  });
  let openUntilMs = 0;
  policy.onBreak(() => {
    openUntilMs = settings.clock.now() + settings.backoff(1);
  });
  policy.onReset(settings.onClosed);
  return {
    get closed() {
      return policy.state === CircuitState.Closed;
    },
    get openUntilMs() {
      return openUntilMs;
    },
    execute: (send) => policy.execute(send),
  };
}
