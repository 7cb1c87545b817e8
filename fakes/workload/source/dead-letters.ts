import type { Clock } from '../../../harness/kit/clock.ts';
import { messageOf } from '../../../harness/kit/errors.ts';
import type { Random } from '../../../harness/kit/random.ts';
import type { DeadLetter, Store } from '../store/store.ts';

/** What is known of a record before it has been fetched. */
export interface RecordHead {
  readonly id: string;
  readonly version: number;
  readonly title: string;
}

/** Records that could not be ingested, kept in the store so that they survive a crash, and tried again once the source is well. */
export interface DeadLetters {
  put(record: RecordHead, cause: unknown): Promise<void>;
  /** It is stored after all, in this version: what is not newer need not be kept. */
  settled(record: Pick<RecordHead, 'id' | 'version'>): Promise<void>;
  list(): Promise<readonly DeadLetter[]>;
  /** Tries again what is due, until the signal is aborted. */
  redrive(retry: (record: RecordHead) => Promise<void>, isWell: () => boolean, signal: AbortSignal): Promise<void>;
}

const lookEveryMs = 500;
const firstWaitMs = 1000;
const longestWaitMs = 30_000;
const redrivesAtATime = 2;

interface Redrive {
  readonly record: RecordHead;
  readonly failures: number;
  readonly dueMs: number;
}

/** Every redrive is an operation of its own; after one that fails the next waits twice as long, at most 30 s. */
export async function openDeadLetters(store: Store, clock: Clock, random: Random): Promise<DeadLetters> {
  const redrives = new Map<string, Redrive>();
  const knownVersion = (id: string): number => redrives.get(id)?.record.version ?? -Infinity;
  const schedule = ({ id, version, title }: RecordHead): void => {
    // A late failure of an older version must not push the newer one out.
    if (knownVersion(id) > version) return;
    const failures = (redrives.get(id)?.failures ?? -1) + 1;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** failures) * (0.5 + random.next());
    redrives.set(id, { record: { id, version, title }, failures, dueMs: clock.now() + waitMs });
  };
  for (const letter of await store.deadLetters()) schedule(letter);

  return {
    put: async (record, cause) => {
      const { id, version, title } = record;
      await store.putDeadLetter({ id, version, title, reason: messageOf(cause), atMs: clock.now() });
      schedule(record);
    },
    settled: async ({ id, version }) => {
      if (!redrives.has(id) || knownVersion(id) > version) return;
      await store.removeDeadLetter({ id, version });
      // While the store was at it, a newer version may have failed.
      if (knownVersion(id) <= version) redrives.delete(id);
    },
    list: () => store.deadLetters(),
    redrive: async (retry, isWell, signal) => {
      while (await elapsed(clock, lookEveryMs, signal)) {
        if (!isWell()) continue;
        // Those that have been due for longest: otherwise a hundred that never succeed would keep all others from their turn.
        const due = [...redrives.values()]
          .filter((letter) => letter.dueMs <= clock.now())
          .sort((left, right) => left.dueMs - right.dueMs)
          .slice(0, redrivesAtATime);
        // One that fails stays where it is; a store that is not there is asked again at the next look.
        await Promise.allSettled(due.map((letter) => retry(letter.record)));
      }
    },
  };
}

/** Whether the time has passed: false when the signal was aborted first. */
function elapsed(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(delayMs, signal).then(
    () => true,
    () => false,
  );
}
