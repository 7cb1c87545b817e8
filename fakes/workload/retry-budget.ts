/** Retries that may be made, as a share of the operations: an outage then cannot multiply the load. */
export interface RetryBudget {
  /** An operation has begun. */
  deposit(): void;
  /** Takes one retry; false when there is none left. */
  take(): boolean;
  readonly balance: number;
}

export interface RetryBudgetSettings {
  /** Retries per operation, from 0. */
  readonly ratio: number;
  /** Retries that are there from the start, so that a quiet client may retry too. */
  readonly reserve: number;
  /** More are not saved up. */
  readonly most: number;
}

/** A token bucket filled by operations, after Finagle's RetryBudget (https://twitter.github.io/finagle/guide/Clients.html#retries). */
export function createRetryBudget(settings: RetryBudgetSettings): RetryBudget {
  let balance = settings.reserve;
  return {
    deposit: () => {
      balance = Math.min(settings.most, balance + settings.ratio);
    },
    take: () => {
      if (balance < 1) return false;
      balance -= 1;
      return true;
    },
    get balance() {
      return balance;
    },
  };
}
