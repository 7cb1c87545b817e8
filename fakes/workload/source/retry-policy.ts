import type { Random } from '../../../harness/kit/random.ts';
import { createBackoff, type Backoff } from '../backoff.ts';
import { createRetryBudget, type RetryBudget } from '../retry-budget.ts';
import type { WorkloadSettings } from '../settings.ts';

/** When a request to the source is made again. */
export interface RetryPolicy {
  /** At one operation, the first included. */
  readonly attempts: number;
  readonly backoff: Backoff;
  /** Whether retries keep the pace that the source has been found to bear, like everything else. */
  readonly keepsPace: boolean;
  /** Shared by all operations at the source. */
  readonly budget: RetryBudget;
}

/** Three attempts, with a wait that grows and spreads, and retries for a fifth of the operations (and ten to begin with). */
export function createRetryPolicy(settings: Pick<WorkloadSettings, 'crm' | 'defect'>, random: Random): RetryPolicy {
  const policy: RetryPolicy = {
    attempts: settings.crm.attempts,
    backoff: createBackoff(random),
    keepsPace: true,
    budget: createRetryBudget({ ratio: 0.2, reserve: 10, most: 30 }),
  };
  if (settings.defect === 'A2') return { ...policy, backoff: () => 20, keepsPace: false };
  if (settings.defect === 'A3') {
    const unlimited: RetryBudget = { deposit: () => undefined, take: () => true, balance: Infinity };
    return { attempts: Infinity, backoff: () => 100 + 100 * random.next(), keepsPace: false, budget: unlimited };
  }
  return policy;
}
