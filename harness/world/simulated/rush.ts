import { escapeFrames } from '../../kit/virtual/escape.ts';
import { StuckTime } from '../../kit/virtual/stuck-time.ts';
import type { NetworkClock } from './turns.ts';

/** So many requests within one moment of virtual time are a loop: a run sends a few hundred at most. */
const mostAtOnce = 20_000;

/**
 * Counts the requests that are sent at one moment. A request that is refused, answered at once or not even sent, since its signal has aborted,
 * takes no time; whoever sends it again and again without a pause would keep virtual time from going on for ever, and no timer would show that.
 */
export class Rush {
  readonly #clock: NetworkClock;
  #atMs = NaN;
  #count = 0;

  constructor(clock: NetworkClock) {
    this.#clock = clock;
  }

  /** Whether this request is one too many: it is never to be answered, and time does not go on. */
  isTooMany(describe: () => string): boolean {
    const nowMs = this.#clock.now();
    if (nowMs !== this.#atMs) {
      this.#atMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= mostAtOnce) return false;
    this.#clock.fail?.(
      new StuckTime(
        `Virtual time does not get on: ${mostAtOnce} requests have been sent at one moment, and there are always more: none of them took any time, and nobody paused in between. The last one was ${describe()}.${escapeFrames()}`,
      ),
    );
    return true;
  }
}
