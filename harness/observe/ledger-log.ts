import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import type { Item, Ledger } from './observations.ts';

/** How to read what was promised and what is there. Times are epoch milliseconds. */
export interface LedgerReaders {
  readonly sources: ReadonlyMap<string, () => Promise<readonly { id: string; version: number; atMs: number }[]>>;
  readonly stored: (() => Promise<readonly { id: string; version: number }[]>) | undefined;
  readonly deadLetters: (() => Promise<readonly { id: string; version: number; reason: string }[]>) | undefined;
}

/** Watches the backlog (source versions that are not stored yet) while the run goes on, and reads the whole ledger at its end. */
export interface LedgerLog {
  /** Stops watching. Stopping twice is fine; `finish` stops, too. */
  stop(): Promise<void>;
  acknowledge(item: { id: string; version: number; atMs: number }): void;
  finish(
    originMs: number,
  ): Promise<{ readonly ledger: Ledger; readonly problems: readonly string[]; readonly unread: readonly string[] }>;
}

export function startLedgerLog(clock: Clock, readers: LedgerReaders, everyMs = 1000): LedgerLog {
  const acknowledged: Item[] = [];
  const backlog: [number, number][] = [];
  const ending = new AbortController();
  const watch = readers.sources.size > 0 && readers.stored !== undefined;

  const loop = (async () => {
    while (watch && !ending.signal.aborted) {
      const atMs = clock.now();
      await countBacklog(readers).then(
        (count) => backlog.push([atMs, count]),
        () => undefined,
      );
      await clock.sleep(Math.max(0, atMs + everyMs - clock.now()), ending.signal).catch(() => undefined);
    }
  })();

  const stop = async (): Promise<void> => {
    ending.abort();
    await loop;
  };

  return {
    stop,
    acknowledge: (item) => acknowledged.push(item),
    finish: async (originMs) => {
      await stop();
      // What is acknowledged from here on may not be in what is read next.
      const promised = [...acknowledged];
      const problems: string[] = [];
      const unread: string[] = [];
      const orNull = async <T>(
        what: string,
        read: (() => Promise<readonly T[]>) | undefined,
      ): Promise<readonly T[] | null> => {
        if (!read) return null;
        return read().catch((cause: unknown) => {
          problems.push(`Could not read ${what}: ${messageOf(cause)}`);
          return null;
        });
      };
      // The sources are read first: what is stored later than that can only be more.
      const sources: Record<string, Item[]> = {};
      for (const [name, read] of readers.sources) {
        const items = await orNull(`the source "${name}"`, read);
        if (items === null) unread.push(name);
        sources[name] = (items ?? []).map((item) => ({ ...item, atMs: item.atMs - originMs }));
      }
      const deadLetters = await orNull('the dead letters', readers.deadLetters);
      const stored = await orNull('what is stored', readers.stored);
      const ledger: Ledger = {
        sources,
        acknowledged: promised,
        stored: stored?.map(({ id, version }) => ({ id, version, atMs: null })) ?? null,
        deadLetters: deadLetters?.map((item) => ({ ...item, atMs: null })) ?? null,
        backlog: backlog.map(([atMs, count]) => [Math.round(atMs - originMs), count]),
      };
      return { ledger, problems, unread };
    },
  };
}

async function countBacklog(readers: LedgerReaders): Promise<number> {
  const stored = (await readers.stored?.()) ?? [];
  const sources = await Promise.all([...readers.sources.values()].map((read) => read()));
  const versions = new Map(stored.map((item) => [item.id, item.version]));
  return sources.flat().filter((item) => (versions.get(item.id) ?? 0) < item.version).length;
}
