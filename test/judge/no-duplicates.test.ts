import { describe, expect, it } from 'vitest';
import { noDuplicates } from '../../harness/judge/index.ts';
import type { Item } from '../../harness/record.ts';
import { evidence, judge } from './evidence.ts';

function verdict(stored: Item[] | null) {
  return judge(noDuplicates(), evidence({ ledger: { stored } }));
}
const row = (id: string, version = 1): Item => ({ id, version, atMs: null });

describe('no duplicates', () => {
  it('passes when every document has one row', () => {
    expect(verdict([row('a'), row('b')])).toMatchObject({ outcome: 'pass', sampleCount: 2 });
  });

  it('fails on two rows of one document, also in two versions', () => {
    expect(verdict([row('a', 1), row('b'), row('a', 2)])).toMatchObject({
      outcome: 'fail',
      hardInvariant: true,
      counterexamples: ['a: 2 rows, versions 1, 2'],
    });
  });

  it('is inconclusive when the store is empty or could not be read', () => {
    expect(verdict([]).outcome).toBe('inconclusive');
    expect(verdict(null).outcome).toBe('inconclusive');
  });
});
