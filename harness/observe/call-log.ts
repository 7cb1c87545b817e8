import type { Clock } from '../kit/clock.ts';
import type { Call } from './observations.ts';

/** Reads a part's journal: ended calls after `after`, and the open ones when asked for. Times are epoch milliseconds. */
export type ReadJournal = (
  after: number,
  open: boolean,
) => Promise<{ readonly calls: readonly Call[]; readonly next: number }>;

/** Gathers the journals of all parts while the run goes on, so that little is left to fetch at its end. */
export interface CallLog {
  /** Stops fetching. Stopping twice is fine; `finish` stops, too. */
  stop(): Promise<void>;
  /** Fetches the rest, open calls included, and gives every call with times since the origin. Parts that do not answer are named. */
  finish(originMs: number): Promise<{ readonly calls: Call[]; readonly missing: readonly string[] }>;
}

export function startCallLog(clock: Clock, journals: ReadonlyMap<string, ReadJournal>, everyMs = 2000): CallLog {
  const calls: Call[] = [];
  const positions = new Map<string, number>();
  const ending = new AbortController();

  const fetchPart = async (part: string, read: ReadJournal, open: boolean): Promise<void> => {
    const page = await read(positions.get(part) ?? 0, open);
    positions.set(part, page.next);
    for (const call of page.calls) calls.push(call);
  };
  const loop = (async () => {
    for (;;) {
      const stopped = await clock.sleep(everyMs, ending.signal).then(
        () => false,
        () => true,
      );
      if (stopped) return;
      await Promise.allSettled([...journals].map(([part, read]) => fetchPart(part, read, false)));
    }
  })();

  const stop = async (): Promise<void> => {
    ending.abort();
    await loop;
  };

  return {
    stop,
    finish: async (originMs) => {
      await stop();
      const results = await Promise.allSettled([...journals].map(([part, read]) => fetchPart(part, read, true)));
      const missing = [...journals.keys()].filter((_, index) => results[index]?.status === 'rejected');
      calls.sort((left, right) => left.receivedMs - right.receivedMs || left.number - right.number);
      return { calls: calls.map((call) => since(call, originMs)), missing };
    },
  };
}

function since(call: Call, originMs: number): Call {
  return {
    ...call,
    receivedMs: call.receivedMs - originMs,
    endedMs: call.endedMs === null ? null : call.endedMs - originMs,
  };
}
