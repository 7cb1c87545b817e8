import { z } from 'zod';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import type { ObjectiveSpec } from './types.ts';
import { countOf, figure } from './wording.ts';

const Settings = z.strictObject({});
const kind = 'noDuplicates';

/** No document is stored twice. A hard invariant: one counterexample fails. */
export function noDuplicates({ name = 'no-duplicates' }: Named = {}): ObjectiveSpec {
  return objectiveSpec({ kind, name, statement: 'No document is stored twice.', settings: {} });
}

export const noDuplicatesJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: true,
  judge: (_settings, { record }) => {
    const { stored } = record.ledger;
    if (stored === null) return inconclusive('What is stored could not be read.');
    if (stored.length === 0) return inconclusive('Nothing is stored, so nothing could be stored twice.');
    const rows = new Map<string, number[]>();
    for (const { id, version } of stored) rows.set(id, [...(rows.get(id) ?? []), version]);
    const twice = [...rows]
      .filter(([, versions]) => versions.length > 1)
      .toSorted(([, left], [, right]) => right.length - left.length);
    return {
      outcome: twice.length === 0 ? 'pass' : 'fail',
      finding:
        twice.length === 0
          ? `None of ${rows.size} documents is stored twice.`
          : `${twice.length} of ${rows.size} documents are stored more than once.`,
      figures: [figure('documents stored twice', twice.length, 'documents', 0)],
      sampleCount: rows.size,
      counterexamples: twice.map(
        ([id, versions]) => `${id}: ${countOf(versions.length, 'row')}, versions ${versions.join(', ')}`,
      ),
    };
  },
});
