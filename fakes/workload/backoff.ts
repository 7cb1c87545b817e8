import type { Random } from '../../harness/kit/random.ts';

const baseMs = 500;
const longestMs = 8000;

/** How long to wait before attempt `attempt` (from 2) when nobody said. Milliseconds. */
export type Backoff = (attempt: number) => number;

/**
 * Base 500 ms, doubled with each attempt, at most 8 s, spread by a factor between 0.2 and 1.8 so that those who failed together do not
 * come back together. Own code: cockatiel's backoffs draw from Math.random and sleep on the machine's timers, so that neither a seed
 * nor virtual time could drive them.
 */
export function createBackoff(random: Random): Backoff {
  return (attempt) => Math.min(longestMs, baseMs * 2 ** (attempt - 1)) * (0.2 + 1.6 * random.next());
}
