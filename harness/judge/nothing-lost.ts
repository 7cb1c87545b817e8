import { z } from 'zod';
import type { Item } from '../observe/observations.ts';
import { has, highestVersions } from './backlog.ts';
import { drainState } from './drain-state.ts';
import { defineJudge, inconclusive, objectiveSpec, type Finding, type Named } from './objective.ts';
import type { Evidence, ObjectiveSpec } from './types.ts';
import { countOf, figure, percent } from './wording.ts';

const Settings = z.strictObject({
  from: z.string().min(1).optional(),
  deadLettersAtMost: z.number().min(0).max(1).optional(),
});
const kind = 'nothingLost';

/** What changed this shortly before the final reading may still be under way. */
const underWayMs = 3000;

/**
 * After the drain, the last version of every item of the sources (default: all of them; `from` names one) is stored or in the dead
 * letters, and every acknowledged write is stored. Not drained yet is inconclusive; passed over is lost. With `deadLettersAtMost` (a
 * share of the items) putting items aside has a limit, too. A hard invariant.
 */
export function nothingLost(options: Readonly<z.input<typeof Settings>> & Named = {}): ObjectiveSpec {
  const { name = 'nothing-lost', ...settings } = options;
  const { deadLettersAtMost } = settings;
  const aside =
    deadLettersAtMost === undefined
      ? ''
      : `, and at most ${percent(deadLettersAtMost)} of them lie in the dead letters`;
  const source = settings.from === undefined ? 'Every item of a source' : `Every item of ${settings.from}`;
  const statement = `${source} is stored or in the dead letters in its last version${aside}, and every acknowledged write is stored.`;
  return objectiveSpec({ kind, name, statement, settings });
}

type SourceItem = Item & { readonly source: string };

export const nothingLostJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: true,
  judge: ({ from, deadLettersAtMost = 1 }, evidence) => {
    const { stored, deadLetters, acknowledged } = evidence.record.ledger;
    if (stored === null) return inconclusive('What is stored could not be read.');
    const kept = highestVersions(stored);
    const writes = latestOf(acknowledged);
    const lostWrites = writes.filter((item) => !has(kept, item));
    const items = settledItems(evidence, from);
    const sampleCount = items.length + writes.length;
    const aside = highestVersions(deadLetters ?? []);
    const missing = items.filter((item) => !has(kept, item) && !has(aside, item));
    const putAside = items.filter((item) => !has(kept, item) && has(aside, item));
    const lost = missing.length === 0 || deadLetters === null ? undefined : drainState(evidence, missing);
    const passedOver = lost?.kind === 'passed over' ? lost.items : [];
    const figures = [
      figure('lost', lostWrites.length + passedOver.length, 'items', 0),
      figure('missing', missing.length, 'items'),
      figure('dead letters', deadLetters?.length ?? null, 'items'),
      figure(
        'items that are only there',
        deadLetters === null ? null : putAside.length,
        'items',
        deadLettersAtMost * items.length,
      ),
      figure('judged', sampleCount, 'items'),
    ];
    if (lostWrites.length + passedOver.length > 0) {
      return failed({ lostWrites, passedOver, sampleCount, figures, kept });
    }
    const seen = { sampleCount, figures };
    if (putAside.length > deadLettersAtMost * items.length) return tooManyAside(putAside, seen);
    if (deadLetters === null) return inconclusive('The dead letters could not be read.', seen);
    if (sampleCount === 0)
      return inconclusive('There was no item to lose: no source item and no acknowledged write.', seen);
    if (lost) {
      const why = lost.kind === 'not drained' ? lost.why : '';
      return inconclusive(
        `Not drained: ${missing.length} of ${items.length} items were not stored yet (${why}).`,
        seen,
      );
    }
    const empty = from === undefined ? Object.keys(evidence.record.ledger.sources) : [from];
    const without = empty.filter((source) => !items.some((item) => item.source === source));
    if (without.length > 0) return inconclusive(`${without.join(', ')} had no items to judge.`, seen);
    return { outcome: 'pass', finding: `None of ${sampleCount} items was lost.`, ...seen };
  },
});

/** The items of the sources, without those that changed too shortly before the final reading. */
function settledItems(evidence: Evidence, from: string | undefined): readonly SourceItem[] {
  const { sources, backlog } = evidence.record.ledger;
  const items = Object.entries(sources)
    .filter(([source]) => from === undefined || source === from)
    .flatMap(([source, list]) => list.map((item) => ({ ...item, source })));
  const times = [...items.map((item) => item.atMs ?? -Infinity), ...backlog.map(([atMs]) => atMs)];
  const finalMs = times.reduce((latest, atMs) => Math.max(latest, atMs), -Infinity);
  return items.filter((item) => item.atMs === null || item.atMs <= finalMs - underWayMs);
}

/** Of several acknowledged writes of one item the last version counts: it replaced the others. */
function latestOf(acknowledged: readonly Item[]): readonly Item[] {
  const latest = new Map<string, Item>();
  for (const item of acknowledged) {
    if (item.version > (latest.get(item.id)?.version ?? -Infinity)) latest.set(item.id, item);
  }
  return [...latest.values()];
}

function tooManyAside(putAside: readonly Item[], seen: { sampleCount: number; figures: Finding['figures'] }): Finding {
  return {
    outcome: 'fail',
    finding: `${countOf(putAside.length, 'item')} of the sources lie in the dead letters and nowhere else (n = ${seen.sampleCount}).`,
    figures: seen.figures ?? [],
    sampleCount: seen.sampleCount,
    counterexamples: putAside
      .slice(0, 10)
      .map((item) => `${item.id} version ${item.version}: only in the dead letters`),
  };
}

function failed(found: {
  lostWrites: readonly Item[];
  passedOver: readonly Item[];
  sampleCount: number;
  figures: Finding['figures'];
  kept: ReadonlyMap<string, number>;
}): Finding {
  const { lostWrites, passedOver, sampleCount, kept } = found;
  const what = [
    ...(lostWrites.length > 0 ? [countOf(lostWrites.length, 'acknowledged write')] : []),
    ...(passedOver.length > 0 ? [`${countOf(passedOver.length, 'item')} of the sources`] : []),
  ];
  const describe = (item: Item, how: string): string => {
    const version = kept.get(item.id);
    const there = version === undefined ? 'not stored' : `stored as version ${version}`;
    return `${item.id} version ${item.version} (${how}${item.atMs === null ? '' : ` at ${Math.round(item.atMs)} ms`}): ${there}`;
  };
  return {
    outcome: 'fail',
    finding: `Lost: ${what.join(' and ')} (n = ${sampleCount}).`,
    figures: found.figures ?? [],
    sampleCount,
    counterexamples: [
      ...lostWrites.map((item) => describe(item, 'acknowledged')),
      ...passedOver.map((item) => describe(item, 'changed')),
    ],
  };
}
