import { describe, expect, it } from 'vitest';
import { nothingLost } from '../../harness/judge/index.ts';
import type { Item, Ledger } from '../../harness/record.ts';
import { evidence, judge } from './evidence.ts';

/** One change per second at the source, from 0 to 79 s. */
const source: Item[] = Array.from({ length: 80 }, (_, second) => item(`doc-${second}`, second * 1000));

function item(id: string, atMs: number | null, version = 1): Item {
  return { id, version, atMs };
}

/** A reading per second; the last one at 80 s. */
function backlog(count: (atMs: number) => number): [number, number][] {
  return Array.from({ length: 81 }, (_, second) => [second * 1000, count(second * 1000)]);
}

function verdict(ledger: Partial<Ledger>, options = {}) {
  return judge(nothingLost(options), evidence({ ledger: { sources: { crm: source }, ...ledger } }));
}

describe('nothing lost', () => {
  it('passes when everything is stored or in the dead letters, also in a later version', () => {
    const stored = source.filter((one) => one.id !== 'doc-5').map((one) => ({ ...one, version: 2 }));
    const found = verdict({ stored, deadLetters: [{ ...item('doc-5', null), reason: 'poison' }] });
    expect(found).toMatchObject({ outcome: 'pass', hardInvariant: true, sampleCount: 77 });
    expect(found.figures).toContainEqual({ name: 'lost', value: 0, unit: 'items', limit: 0 });
  });

  it('fails on an item that was passed over while newer ones were stored', () => {
    const stored = source.filter((one) => one.id !== 'doc-40');
    const found = verdict({ stored, backlog: backlog((atMs) => (atMs >= 40_000 ? 1 : 0)) });
    expect(found.outcome).toBe('fail');
    expect(found.counterexamples).toEqual(['doc-40 version 1 (changed at 40000 ms): not stored']);
  });

  it('fails on an item that is stored in an older version only', () => {
    const sources = { crm: source.map((one) => (one.id === 'doc-40' ? { ...one, version: 3 } : one)) };
    const found = verdict({ sources, stored: source, backlog: backlog((atMs) => (atMs >= 40_000 ? 1 : 0)) });
    expect(found).toMatchObject({ outcome: 'fail' });
    expect(found.counterexamples[0]).toContain('stored as version 1');
  });

  it('fails on a loss that hides in the noise of what is always under way', () => {
    const stored = source.filter((one) => !['doc-35', 'doc-36'].includes(one.id));
    const found = verdict({ stored, backlog: backlog((atMs) => 2 + (atMs % 3000) / 1000 - (atMs > 78_000 ? 2 : 0)) });
    expect(found.outcome).toBe('fail');
  });

  it('fails when the backlog stands still above its usual level and items were passed over', () => {
    const stored = source.filter((_, index) => index < 30 || index >= 70);
    const standing = backlog((atMs) => (atMs < 30_000 ? 0 : Math.min(60, (atMs - 30_000) / 500)));
    const found = verdict({ stored, backlog: standing });
    expect(found.outcome).toBe('fail');
    expect(found.counterexamples).toHaveLength(10);
  });

  /** 300 items that piled up from 30 s to 48 s. */
  const piled = Array.from({ length: 300 }, (_, index) => item(`old-${index}`, 30_000 + index * 60));

  /** The feed stored as it comes, and of the piled-up items those from `left` on, the newest first: the oldest at 80 s. */
  function drainedNewestFirst(left: number, perSecond: number, untilMs = 80_000): Item[] {
    return [
      ...source,
      ...piled.slice(left).map((one, index) => ({ ...one, atMs: untilMs - (index / perSecond) * 1000 })),
    ];
  }

  it.each([
    ['fast', 9],
    ['slowly', 4],
    ['very slowly', 0.8],
  ])('is inconclusive, not lost, while a backlog drains %s with the newest first', (_, perSecond) => {
    const left = Math.round(300 - 30 * perSecond);
    const found = verdict({
      sources: { crm: [...source, ...piled] },
      stored: drainedNewestFirst(left, perSecond),
      backlog: backlog(() => left),
    });
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('items that newer ones had passed were stored in the last 5 s');
  });

  it('still finds what a drain with the newest first has left for good', () => {
    const found = verdict({
      sources: { crm: [...source, ...piled] },
      stored: drainedNewestFirst(7, 20, 70_000),
      backlog: backlog((atMs) => (atMs < 70_000 ? 100 : 7)),
    });
    expect(found).toMatchObject({ outcome: 'fail', finding: 'Lost: 7 items of the sources (n = 378).' });
  });

  it('is not fooled by lost items that leave the backlog because later versions of them are stored', () => {
    // Seen with a cursor that moves on too early: some 20 under way, give or take 10, and 80 lost ones of which one a second is replaced.
    const fading = backlog((atMs) => (atMs < 50_000 ? 0 : 130 - (atMs - 50_000) / 1000 + ((atMs / 1000) % 3) * 5));
    const stored = source.filter((one) => one.id !== 'doc-40').map((one) => ({ ...one, atMs: (one.atMs ?? 0) + 1000 }));
    expect(verdict({ stored, backlog: fading }).outcome).toBe('fail');
  });

  it('does not accuse a target that works off its backlog with many hands of what is just under way', () => {
    const stored = source.slice(0, 60).filter((one) => !['doc-57', 'doc-58'].includes(one.id));
    const behind = stored.map((one) => ({ ...one, atMs: (one.atMs ?? 0) + 20_000 }));
    expect(verdict({ stored: behind, backlog: backlog(() => 22) })).toMatchObject({ outcome: 'inconclusive' });
  });

  it('finds what a target that is far behind, but in order, has passed over', () => {
    const stored = source.slice(0, 60).filter((one) => one.id !== 'doc-40');
    const behind = stored.map((one) => ({ ...one, atMs: (one.atMs ?? 0) + 20_000 }));
    expect(verdict({ stored: behind, backlog: backlog(() => 21) })).toMatchObject({
      outcome: 'fail',
      counterexamples: ['doc-40 version 1 (changed at 40000 ms): not stored'],
    });
  });

  it('is inconclusive when the target stopped and nothing newer was stored', () => {
    const stored = source.filter((_, index) => index < 60);
    const found = verdict({ stored, backlog: backlog((atMs) => Math.max(0, (atMs - 60_000) / 1000)) });
    expect(found).toMatchObject({ outcome: 'inconclusive' });
  });

  it('is inconclusive about items of a source when the target is dead', () => {
    const seen = evidence({
      ledger: {
        sources: { crm: source },
        stored: source.filter((one) => one.id !== 'doc-40'),
        backlog: backlog((atMs) => (atMs >= 40_000 ? 1 : 0)),
      },
      record: {
        processes: [{ name: 'target', output: 'target.log', died: 'was ended by SIGKILL', diedAtMs: 60_000 }],
      },
    });
    expect(judge(nothingLost(), seen).outcome).toBe('inconclusive');
  });

  it('is inconclusive about items of a source when the run was interrupted before they could be fetched', () => {
    const missing = {
      sources: { crm: source },
      stored: source.filter((one) => one.id !== 'doc-40'),
      backlog: backlog((atMs) => (atMs >= 40_000 ? 1 : 0)),
    };
    expect(judge(nothingLost(), evidence({ ledger: missing })).outcome).toBe('fail');
    expect(judge(nothingLost(), evidence({ ledger: missing, run: { interrupted: 'SIGINT' } })).outcome).toBe(
      'inconclusive',
    );
  });

  it('is inconclusive when nobody watched the backlog and something is missing', () => {
    expect(verdict({ stored: source.slice(1) }).outcome).toBe('inconclusive');
  });

  it('does not judge what changed in the last three seconds', () => {
    const stored = source.filter((one) => (one.atMs ?? 0) <= 77_000);
    expect(verdict({ stored, backlog: backlog(() => 0) })).toMatchObject({ outcome: 'pass', sampleCount: 78 });
  });

  it('fails on one acknowledged write that is not stored, whatever else could not be read', () => {
    const acknowledged = [item('a', 1000), item('b', 2000)];
    const found = verdict({ sources: {}, acknowledged, stored: [item('a', null)], deadLetters: null });
    expect(found).toMatchObject({ outcome: 'fail', finding: 'Lost: 1 acknowledged write (n = 2).' });
    expect(found.counterexamples).toEqual(['b version 1 (acknowledged at 2000 ms): not stored']);
  });

  it('does not accept a dead letter for an acknowledged write', () => {
    const deadLetters = [{ ...item('a', null), reason: 'full' }];
    expect(verdict({ sources: {}, acknowledged: [item('a', 1)], deadLetters }).outcome).toBe('fail');
  });

  it('asks for the last acknowledged version only', () => {
    const acknowledged = [item('a', 1000, 1), item('a', 2000, 2)];
    expect(verdict({ sources: {}, acknowledged, stored: [item('a', null, 2)] }).outcome).toBe('pass');
    expect(verdict({ sources: {}, acknowledged, stored: [item('a', null, 1)] }).outcome).toBe('fail');
  });

  it.each([['stored'], ['deadLetters']])('is inconclusive when %s could not be read', (list) => {
    expect(verdict({ stored: source, [list]: null })).toMatchObject({ outcome: 'inconclusive' });
  });

  it('limits, where that is asked for, how much may lie in the dead letters instead', () => {
    const stored = source.slice(10);
    const deadLetters = source.slice(0, 10).map((one) => ({ ...one, reason: 'throttled' }));
    expect(verdict({ stored, deadLetters }).outcome).toBe('pass');
    expect(verdict({ stored, deadLetters }, { deadLettersAtMost: 0.2 }).outcome).toBe('pass');
    const found = verdict({ stored, deadLetters }, { deadLettersAtMost: 0.01 });
    expect(found).toMatchObject({
      outcome: 'fail',
      finding: '10 items of the sources lie in the dead letters and nowhere else (n = 77).',
    });
    expect(found.counterexamples).toContain('doc-0 version 1: only in the dead letters');
  });

  it('is no pass when one of the sources had no items', () => {
    const found = verdict({ sources: { crm: source, wiki: [] }, stored: source });
    expect(found).toMatchObject({ outcome: 'inconclusive', finding: 'wiki had no items to judge.' });
  });

  it('takes the later of two rows of one document', () => {
    const missing = source.filter((one) => one.id !== 'doc-40');
    const twice = [...missing.map((one) => ({ ...one, version: 2 })), ...missing];
    const sources = { crm: source.map((one) => (one.id === 'doc-40' ? one : { ...one, version: 2 })) };
    expect(verdict({ sources, stored: twice, backlog: backlog(() => 1) }).outcome).toBe('fail');
  });

  it('is inconclusive when there was nothing to lose', () => {
    expect(verdict({ sources: {} }).outcome).toBe('inconclusive');
    expect(verdict({ sources: { crm: [] }, stored: source }, { from: 'crm' }).outcome).toBe('inconclusive');
    expect(verdict({ stored: source }, { from: 'wiki' }).outcome).toBe('inconclusive');
  });
});
