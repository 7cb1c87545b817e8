import type { Clock } from '../kit/clock.ts';
import { withDeadline } from '../kit/deadline.ts';
import { GamedayError } from '../kit/errors.ts';
import { UnusableAddress } from './address.ts';
import { ApiError } from './api-error.ts';
import type { Port } from './port.ts';

/** How long a port may take to open: a name that nobody answers for takes the system about as long. */
export const openLimitMs = 30_000;

/** Waits for something that has to do with opening a port. Throws an ApiError 500 where that takes too long. */
export async function inTime<T>(clock: Clock, work: Promise<T>, listen: string): Promise<T> {
  try {
    return await withDeadline(clock, work, { what: `the port of ${listen}`, limitMs: openLimitMs });
  } catch (cause) {
    if (!(cause instanceof GamedayError && cause.code === 'deadline')) throw cause;
    const hint = 'Who has a name may be asked of a server that does not answer: 127.0.0.1 and localhost need none.';
    throw new ApiError(500, `listen tcp ${listen}: ${cause.message}`, hint);
  }
}

/** As `inTime`, of a port that is being opened: one that opens later is closed, and of an unusable address is said that it was to listen there. */
export async function openedInTime(clock: Clock, opening: Promise<Port>, listen: string): Promise<Port> {
  try {
    return await inTime(clock, opening, listen);
  } catch (cause) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw cause instanceof UnusableAddress ? new ApiError(500, `listen tcp: ${cause.message}`, cause.hint) : cause;
  }
}
