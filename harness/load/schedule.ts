import { randomHex, type Random } from '../kit/random.ts';
import { arrivals, type FaultWindow } from './arrivals.ts';
import type { RequestLoad } from './types.ts';

/** The arrivals of one load, fixed before anything starts. */
export interface LoadSchedule {
  readonly load: RequestLoad;
  /** Milliseconds since the origin, in order. */
  readonly timesMs: readonly number[];
  /** A trace id for each of them. */
  readonly ids: readonly string[];
}

/** Fixes the arrivals of every request load. Each load draws from a stream of its own, so that changing one leaves the others as they are. */
export function scheduleLoads(
  loads: readonly RequestLoad[],
  random: Random,
  durationMs: number,
  faults: readonly FaultWindow[],
): LoadSchedule[] {
  return loads.map((load, index) => {
    const stream = random.fork(`${index} ${load.operation}`);
    const timesMs = arrivals(load.profile, stream.fork('times'), durationMs, faults);
    const idStream = stream.fork('ids');
    return { load, timesMs, ids: timesMs.map(() => randomHex(idStream, 16)) };
  });
}
