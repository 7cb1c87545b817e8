import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../harness/kit/clock.ts';

/** What was seen of something, in ms since it began. */
export interface Timed {
  /** When each part of it was there. */
  readonly timesMs: readonly number[];
  /** The longest time for which this process did not get its turn meanwhile. */
  readonly stalledMs: number;
}

/**
 * What is not systematic is lateness: a busy machine only ever delays. So of all tries the earliest time is held against the virtual one, and
 * tries are added while that is too late: a delay of the link itself is in every one of them, and what comes too early stays so.
 */
const toleranceMs = 10;
const triesAtOnce = 3;
/**
 * Steps and chunks are 50 ms apart. A try in which this process stood still for about as long may have done them in another order, and says nothing;
 * nor does one in which something came as late, where that has made a difference.
 */
const mostStalledMs = 30;
const mostLateMs = 40;
/** So often the tries are made, until three of them say something and the earliest of them is not late. */
const mostRounds = 20;
const fewestTries = 3;

/**
 * Lets two at a time do their work, since most of it is waiting; the others wait for their turn. More of them in this one thread would keep each
 * other late.
 */
export function twoAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = 2;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Looks every 5 ms how late it is; what it gives ends that, and says how late it was at most. */
export function watchStall(clock: Clock): () => number {
  const everyMs = 5;
  let stalledMs = 0;
  let lastMs = clock.now();
  const look = (): void => {
    stalledMs = Math.max(stalledMs, clock.now() - lastMs - everyMs);
    lastMs = clock.now();
    timer = clock.setTimer(look, everyMs);
  };
  let timer = clock.setTimer(look, everyMs);
  return () => {
    timer.cancel();
    return stalledMs;
  };
}

/**
 * Tries on sockets that say something, at least three. Not all at once, as server, proxy and client share this one thread.
 *
 * @param what what has to be as expected whenever it was
 * @throws Error when there are too few of them
 */
export async function validTries<One extends Timed>(
  tryIt: () => Promise<One>,
  { expected, what }: { expected: One; what: (one: One) => unknown },
): Promise<readonly One[]> {
  const valid: One[] = [];
  const isInTime = ({ timesMs }: One): boolean =>
    timesMs.every((atMs, index) => atMs <= (expected.timesMs[index] ?? Infinity) + mostLateMs);
  const saysSomething = (one: One): boolean =>
    one.stalledMs <= mostStalledMs && (isInTime(one) || isDeepStrictEqual(what(one), what(expected)));
  const isEnough = (): boolean =>
    valid.length >= fewestTries && differencesMs(valid, expected).every((differenceMs) => differenceMs <= toleranceMs);
  for (let round = 0; round < mostRounds && !isEnough(); round++) {
    const seen = await Promise.all(
      Array.from({ length: triesAtOnce }, async (_, index) => {
        await sleep(index * 43);
        return tryIt();
      }),
    );
    valid.push(...seen.filter(saysSomething));
  }
  if (valid.length < fewestTries) throw new Error(`${valid.length} tries say something; ${fewestTries} are needed.`);
  return valid;
}

/** Of the times of the earliest tries, by how much those differ from the virtual ones that are more than 10 ms away from them. */
export function tooFarMs(seen: readonly Timed[], expected: Timed): readonly number[] {
  return differencesMs(seen, expected).filter((differenceMs) => Math.abs(differenceMs) > toleranceMs);
}

/** By how much the earliest try has each part later than in virtual time. */
function differencesMs(seen: readonly Timed[], expected: Timed): readonly number[] {
  return expected.timesMs.map((atMs, index) => Math.min(...seen.map(({ timesMs }) => timesMs[index] ?? 0)) - atMs);
}
