import type { Clock } from '../clock.ts';
import type { GamedayError } from '../errors.ts';
import type { Random } from '../random.ts';
import { escapeError } from './escape.ts';

/** Where the globals get their values from. */
export interface Sources {
  readonly clock: Pick<Clock, 'now'>;
  readonly timers: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly fetch: typeof fetch;
}

/** What stands between whoever calls a global and what it is made of, and what the platform does in between. */
const between = /node:|\(?<anonymous>\)?$|[/]harness[/](kit[/]virtual[/]|world[/]simulated[/](owners|process-life)\.)/;

/**
 * The same sources, with a look at the stack of each use: where the nearest caller `isHandedAll`, by its line of the stack, it is an error,
 * of which `onEscape` is told, too. Each look costs some microseconds.
 */
export function watchCallers(
  { clock, timers, random, fetch }: Sources,
  isHandedAll: (frame: string) => boolean,
  onEscape: (escape: GamedayError) => void,
): Sources {
  const look = (what: string): void => {
    const caller = (new Error().stack ?? '').split('\n').find((line) => /^\s+at /.test(line) && !between.test(line));
    if (caller === undefined || !isHandedAll(caller)) return;
    const escape = escapeError(
      `${what} was taken from the globals by code that has to use the one that it is handed.`,
      'Take a clock, a chance or a fetch as an argument.',
    );
    onEscape(escape);
    throw escape;
  };
  const looking = <Values extends unknown[], Result>(what: string, use: (...values: Values) => Result) => {
    return (...values: Values): Result => {
      look(what);
      return use(...values);
    };
  };
  const now = looking('Time', () => clock.now());
  return {
    clock: { now },
    timers: {
      now,
      setTimer: looking('A timer', (callback, delayMs) => timers.setTimer(callback, delayMs)),
      sleep: looking('A sleep', (delayMs, signal) => timers.sleep(delayMs, signal)),
    },
    random: { next: looking('Chance', () => random.next()) },
    fetch: looking('A fetch', fetch),
  };
}
