import type { Clock } from '../../../harness/kit/clock.ts';
import type { WorkClass } from '../../../harness/observe/observations.ts';
import type { Backoff } from '../backoff.ts';
import type { RetryBudget } from '../retry-budget.ts';
import type { Work } from '../work.ts';
import { ModelFailure } from './model-failure.ts';

export interface ModelRetries {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly budget: RetryBudget;
}

/** Attempts at one call, the first included: someone waits for the answer to a question, batch work can take its time. */
const attemptsOf: Readonly<Record<WorkClass, number>> = { interactive: 2, batch: 3 };

/** Makes a call, and makes it again where that may help, is paid for by the budget, and can still be in time. */
export async function retryModelCall<T>(work: Work, retries: ModelRetries, call: () => Promise<T>): Promise<T> {
  retries.budget.deposit();
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (cause) {
      if (!(cause instanceof ModelFailure) || !cause.retryable || attempt >= attemptsOf[work.workClass]) throw cause;
      const waitMs = Math.max(retries.backoff(attempt + 1), cause.retryAfterMs ?? 0);
      if (retries.clock.now() + waitMs >= work.deadlineMs || !retries.budget.take()) throw cause;
      await retries.clock.sleep(waitMs, work.signal);
    }
  }
}
