import type { Item } from '../observe/observations.ts';
import type { Evidence } from './types.ts';
import { isInside, windowsOf } from './windows.ts';

/** One reading of the backlog. */
export interface Reading {
  readonly atMs: number;
  readonly count: number;
}

/**
 * The backlog over time, without those of its items that will never be stored for a reason that is none of the backlog's: `apart`, from
 * when each of them came to be.
 */
export function backlogReadings(evidence: Evidence, apart: readonly Item[] = []): readonly Reading[] {
  return evidence.record.ledger.backlog
    .map(([atMs, count]) => {
      const without = apart.filter((item) => (item.atMs ?? -Infinity) <= atMs).length;
      return { atMs, count: Math.max(0, count - without) };
    })
    .toSorted((left, right) => left.atMs - right.atMs);
}

/**
 * The level at which a backlog counts as drained: the highest of the baseline and one second of the feed, since what has just changed is
 * always under way. At least one item above the baseline.
 */
export function settledLevel(evidence: Evidence, readings: readonly Reading[]): number {
  const baseline = windowsOf(evidence, 'baseline');
  const before = readings.filter((reading) => isInside(baseline, reading.atMs)).map((reading) => reading.count);
  return Math.max(0, ...before) + Math.max(1, feedPerSecond(evidence));
}

/** Source items that are not stored in their last version but lie in the dead letters in it. */
export function deadLettered(evidence: Evidence): readonly Item[] {
  const { sources, stored, deadLetters } = evidence.record.ledger;
  const kept = highestVersions(stored ?? []);
  const aside = highestVersions(deadLetters ?? []);
  return Object.values(sources)
    .flat()
    .filter((item) => !has(kept, item) && has(aside, item));
}

/** The highest version of each id. */
export function highestVersions(items: readonly Pick<Item, 'id' | 'version'>[]): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  for (const { id, version } of items) highest.set(id, Math.max(version, highest.get(id) ?? -Infinity));
  return highest;
}

/** Whether this version of the item is there, or a later one. */
export function has(versions: ReadonlyMap<string, number>, item: Pick<Item, 'id' | 'version'>): boolean {
  return (versions.get(item.id) ?? -Infinity) >= item.version;
}

/** λ of all feeds that the target follows, by the plan; 0 where there is none. */
function feedPerSecond(evidence: Evidence): number {
  return evidence.record.plan.loadSpecs.reduce((sum, load) => {
    const rate = load['kind'] === 'follow' ? load['feedPerSecond'] : 0;
    return sum + (typeof rate === 'number' ? rate : 0);
  }, 0);
}
