import type { Clock } from './kit/clock.ts';
import { seconds } from './kit/durations.ts';
import { messageOf } from './kit/errors.ts';
import type { Stoppable } from './kit/lifecycle.ts';

const renewEveryMs = seconds(1.5);

/** Keeps every lease of the world alive; when this process dies, nobody does, and the faults end by themselves. */
export function renewLeases(
  clock: Clock,
  world: { renewLeases(): Promise<void> },
  onNote: (note: string) => void,
): Stoppable {
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await world.renewLeases().catch((cause: unknown) => onNote(`Leases could not be renewed: ${messageOf(cause)}`));
      await clock.sleep(renewEveryMs, ending.signal).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      ending.abort();
      await loop;
    },
  };
}
