import type { Item } from '../observe/observations.ts';
import { backlogReadings } from './backlog.ts';
import type { Evidence } from './types.ts';

/** What became of items that are missing at the end: too early to say, or passed over. */
export type DrainState =
  | { readonly kind: 'not drained'; readonly why: string }
  | { readonly kind: 'passed over'; readonly items: readonly Item[] };

/**
 * Tells lost items from a backlog that has not drained yet. An item was passed over when one that changed after it was stored
 * `plateauMs` (the larger of 5 s and half of the hold window) before the end or earlier, and the target no longer turns back to old items.
 * While it does, they may still come: it may drain with the newest first.
 */
export function drainState(evidence: Evidence, missing: readonly (Item & { source: string })[]): DrainState {
  const last = backlogReadings(evidence).at(-1);
  if (!last) return { kind: 'not drained', why: 'the backlog was not watched' };
  if (evidence.record.run.interrupted !== null) return { kind: 'not drained', why: 'the run was interrupted' };
  if (targetDied(evidence)) return { kind: 'not drained', why: 'the target was gone' };
  const plateauMs = Math.max(5000, evidence.record.plan.holdMs / 2);
  const fromMs = last.atMs - plateauMs;
  const kept = new Map(Object.keys(evidence.record.ledger.sources).map((source) => [source, keptOf(evidence, source)]));
  const items = missing.filter((item) => {
    const atMs = item.atMs ?? -Infinity;
    return (kept.get(item.source) ?? []).some((one) => one.changedMs > atMs && one.storedMs <= fromMs);
  });
  if (items.length === 0) return { kind: 'not drained', why: 'nothing newer was stored in the meantime' };
  const lately = [...kept.values()].flatMap((all) => outOfOrder(all, { fromMs, slackMs: plateauMs })).length;
  if (lately > noiseItems) {
    return {
      kind: 'not drained',
      why: `${lately} items that newer ones had passed were stored in the last ${plateauMs / 1000} s`,
    };
  }
  return { kind: 'passed over', items };
}

/** So many late ones are stragglers and no drain. */
const noiseItems = 2;

interface Kept {
  readonly changedMs: number;
  /** When it was first seen in the store; -Infinity when it was there from the start. */
  readonly storedMs: number;
}

/** The items of a source that are stored in their last version. */
function keptOf({ record }: Evidence, source: string): readonly Kept[] {
  const stored = new Map<string, Item>();
  // Of two rows of one document the later version counts.
  for (const item of record.ledger.stored ?? []) {
    if (item.version >= (stored.get(item.id)?.version ?? -Infinity)) stored.set(item.id, item);
  }
  return (record.ledger.sources[source] ?? []).flatMap((item) => {
    const there = stored.get(item.id);
    if (there === undefined || there.version < item.version) return [];
    return [{ changedMs: item.atMs ?? -Infinity, storedMs: there.atMs ?? -Infinity }];
  });
}

/**
 * Those stored since `fromMs` although one that changed more than `slackMs` after them had been stored before: what a target that loses
 * items never does, however far it is behind. The slack is for work side by side.
 */
function outOfOrder(kept: readonly Kept[], { fromMs, slackMs }: { fromMs: number; slackMs: number }): readonly Kept[] {
  const before = kept.filter((one) => one.storedMs <= fromMs);
  const frontierMs = before.reduce((newest, one) => Math.max(newest, one.changedMs), -Infinity);
  return kept.filter((one) => one.storedMs > fromMs && one.changedMs < frontierMs - slackMs);
}

function targetDied({ record }: Evidence): boolean {
  return record.processes.some((child) => child.name === 'target' && child.died !== null);
}
