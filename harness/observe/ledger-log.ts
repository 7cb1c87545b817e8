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
  const sightings = createSightings();
  let unreadCount = 0;
  const ending = new AbortController();
  const readStored = readers.sources.size > 0 ? readers.stored : undefined;

  const loop = (async () => {
    while (readStored && !ending.signal.aborted) {
      const atMs = clock.now();
      await Promise.all([readStored(), readSources(readers)]).then(
        ([stored, items]) => {
          sightings.note(stored, atMs);
          backlog.push([atMs, countBacklog(items, stored)]);
        },
        () => (unreadCount += 1),
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
      const problems =
        unreadCount === 0
          ? []
          : [`The backlog could not be read ${unreadCount === 1 ? 'once' : `${unreadCount} times`}.`];
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
      const relative = (atMs: number | null): number | null => (atMs === null ? null : Math.round(atMs - originMs));
      const sources: Record<string, Item[]> = {};
      for (const [name, read] of readers.sources) {
        const items = await orNull(`the source "${name}"`, read);
        if (items === null) unread.push(name);
        sources[name] = (items ?? []).map((item) => ({ ...item, atMs: item.atMs - originMs }));
      }
      // A target without any puts nothing aside.
      const deadLetters = readers.deadLetters ? await orNull('the dead letters', readers.deadLetters) : [];
      const stored = await orNull('what is stored', readers.stored);
      sightings.note(stored ?? [], clock.now());
      const ledger: Ledger = {
        sources,
        acknowledged: promised,
        stored: stored?.map(({ id, version }) => ({ id, version, atMs: relative(sightings.of(id, version)) })) ?? null,
        deadLetters: deadLetters?.map((item) => ({ ...item, atMs: null })) ?? null,
        backlog: backlog.map(([atMs, count]) => [Math.round(atMs - originMs), count]),
      };
      return { ledger, problems, unread };
    },
  };
}

async function readSources(readers: LedgerReaders): Promise<readonly { id: string; version: number }[]> {
  return (await Promise.all([...readers.sources.values()].map((read) => read()))).flat();
}

function countBacklog(
  items: readonly { id: string; version: number }[],
  stored: readonly { id: string; version: number }[],
): number {
  const versions = new Map<string, number>();
  for (const { id, version } of stored) versions.set(id, Math.max(version, versions.get(id) ?? 0));
  return items.filter((item) => (versions.get(item.id) ?? 0) < item.version).length;
}

/** Remembers by which reading each item was first seen in the store in its version. What the first reading finds has no time. */
function createSightings() {
  const seen = new Map<string, { version: number; atMs: number | null }>();
  let isFirst = true;
  return {
    note(stored: readonly { id: string; version: number }[], atMs: number): void {
      for (const { id, version } of stored) {
        if (version > (seen.get(id)?.version ?? -Infinity)) seen.set(id, { version, atMs: isFirst ? null : atMs });
      }
      isFirst = false;
    },
    of(id: string, version: number): number | null {
      const sighting = seen.get(id);
      return sighting?.version === version ? sighting.atMs : null;
    },
  };
}
