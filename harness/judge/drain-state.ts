import type { Item } from '../observe/observations.ts';
import { backlogReadings, deadLettered, type Reading } from './backlog.ts';
import type { Evidence } from './types.ts';

/** What became of items that are missing at the end: too early to say, or passed over. */
export type DrainState =
  | { readonly kind: 'not drained'; readonly why: string }
  | { readonly kind: 'passed over'; readonly items: readonly Item[] };

/**
 * Tells lost items from a backlog that has not drained yet. An item was passed over when it had waited for the last `plateauMs` (the
 * larger of 5 s and half of the hold window), one that changed after it is stored, and the backlog, the missing ones included, did not
 * shrink any more. While it does, they may still come: a target may drain with the newest first.
 */
export function drainState(evidence: Evidence, missing: readonly (Item & { source: string })[]): DrainState {
  const readings = backlogReadings(evidence, deadLettered(evidence));
  const last = readings.at(-1);
  if (!last) return { kind: 'not drained', why: 'the backlog was not watched' };
  if (evidence.record.run.interrupted !== null) return { kind: 'not drained', why: 'the run was interrupted' };
  if (targetDied(evidence)) return { kind: 'not drained', why: 'the target was gone' };
  const plateauMs = Math.max(5000, evidence.record.plan.holdMs / 2);
  const fromMs = last.atMs - plateauMs;
  const newest = newestStored(evidence);
  const items = missing.filter((item) => {
    const atMs = item.atMs ?? -Infinity;
    return atMs <= fromMs && atMs < (newest.get(item.source) ?? -Infinity);
  });
  if (items.length === 0) return { kind: 'not drained', why: 'nothing newer was stored in the meantime' };
  const recent = readings.filter((reading) => reading.atMs >= last.atMs - 2 * plateauMs);
  if (isShrinking(recent, leastDrainPerSecond(evidence) * (plateauMs / 1000))) {
    return { kind: 'not drained', why: `the backlog was still shrinking, at ${last.count}` };
  }
  return { kind: 'passed over', items };
}

/** By source, when the newest of the items that are stored in their last version changed there. */
function newestStored(evidence: Evidence): ReadonlyMap<string, number> {
  const { sources, stored } = evidence.record.ledger;
  const versions = new Map((stored ?? []).map((item) => [item.id, item.version]));
  return new Map(
    Object.entries(sources).map(([source, items]) => {
      const times = items
        .filter((item) => (versions.get(item.id) ?? -Infinity) >= item.version)
        .map((item) => item.atMs ?? -Infinity);
      return [source, times.reduce((newest, atMs) => Math.max(newest, atMs), -Infinity)];
    }),
  );
}

/**
 * The slowest that counts as draining: a quarter of what the plan expects, which is capacity less feed. Lost items leave the backlog too,
 * whenever a later version of them comes along and is stored, but at a rate far below that.
 */
function leastDrainPerSecond({ record }: Evidence): number {
  return record.plan.loadSpecs.reduce((sum, load) => {
    const [feed, capacity] = [load['feedPerSecond'], load['capacityPerSecond']];
    return typeof feed === 'number' && typeof capacity === 'number' ? sum + Math.max(0, capacity - feed) / 4 : sum;
  }, 0);
}

/** Whether the second half of the readings lies below the first by more than noise: by two items, and by `least`. */
function isShrinking(readings: readonly Reading[], least: number): boolean {
  const half = Math.floor(readings.length / 2);
  if (half === 0) return true;
  return mean(readings.slice(0, half)) - mean(readings.slice(-half)) > Math.max(2, least);
}

function mean(readings: readonly Reading[]): number {
  return readings.reduce((sum, reading) => sum + reading.count, 0) / readings.length;
}

function targetDied({ record }: Evidence): boolean {
  return record.processes.some((child) => child.name === 'target' && child.died !== null);
}
