import { describe, expect, it } from 'vitest';
import { drained } from '../../harness/judge/index.ts';
import type { Ledger, Plan } from '../../harness/record.ts';
import { evidence, judge } from './evidence.ts';

/** A reading per second: 3 in the baseline, up to 300 at the heal (50 s), back to 3 `drainMs` later. */
function backlog(drainMs: number, toMs = 80_000): [number, number][] {
  return Array.from({ length: toMs / 1000 + 1 }, (_, second) => {
    const atMs = second * 1000;
    if (atMs < 30_000) return [atMs, 3];
    if (atMs < 50_000) return [atMs, 3 + ((atMs - 30_000) / 20_000) * 297];
    return [atMs, Math.max(3, 300 - ((atMs - 50_000) / drainMs) * 297)];
  });
}

function verdict(ledger: Partial<Ledger>, plan: Partial<Plan> = {}, options = {}) {
  return judge(drained(options), evidence({ ledger, plan }));
}

describe('drained', () => {
  it('passes within 1.25 x the formula', () => {
    const found = verdict({ backlog: backlog(12_000) });
    expect(found).toMatchObject({ outcome: 'pass' });
    expect(found.figures[0]).toEqual({ name: 'drain time', value: 12_000, unit: 'ms', limit: 12_500 });
  });

  it('is inconclusive when the limit lies between the last reading above and the first one below', () => {
    expect(verdict({ backlog: backlog(12_500) }).outcome).toBe('inconclusive');
  });

  it('fails when it takes longer', () => {
    expect(verdict({ backlog: backlog(15_000) }).outcome).toBe('fail');
    expect(verdict({ backlog: backlog(15_000) }, {}, { within: 1.6 }).outcome).toBe('pass');
  });

  it('fails as beyond the horizon when it never comes down', () => {
    const found = verdict({ backlog: backlog(60_000) });
    expect(found).toMatchObject({ outcome: 'fail' });
    expect(found.finding).toContain('> horizon');
    expect(found.figures[0]).toMatchObject({ value: null, limit: 12_500 });
  });

  it('is inconclusive when the readings end before the limit', () => {
    expect(verdict({ backlog: backlog(60_000, 60_000) }).outcome).toBe('inconclusive');
  });

  it('is not drained by one low reading', () => {
    const dip = backlog(20_000).map(([atMs, count]): [number, number] => [atMs, atMs === 52_000 ? 0 : count]);
    expect(verdict({ backlog: dip }).outcome).toBe('fail');
  });

  it('is inconclusive when it was not watched for long enough after it came down', () => {
    expect(verdict({ backlog: backlog(10_000, 62_000) }).outcome).toBe('inconclusive');
  });

  it('is no pass when nothing piled up: neither at a fault that did not bite, nor at a target that was behind already', () => {
    for (const level of [3, 900]) {
      const flat = backlog(10_000).map(([atMs]): [number, number] => [atMs, level - (atMs > 50_000 ? 2 : 0)]);
      const found = verdict({ backlog: flat });
      expect(found.outcome).toBe('inconclusive');
      expect(found.finding).toContain(`Nothing piled up that could have drained: the backlog was at ${level} at most`);
    }
  });

  it('is drained at once when what piled up was gone before the heal', () => {
    const early = backlog(10_000).map(([atMs, count]): [number, number] => [atMs, atMs > 45_000 ? 3 : count]);
    expect(verdict({ backlog: early })).toMatchObject({ outcome: 'pass' });
  });

  it('is inconclusive when nobody read it while it mattered', () => {
    const gappy = backlog(12_000).filter(([atMs]) => atMs <= 50_500 || atMs >= 56_000);
    expect(verdict({ backlog: gappy })).toMatchObject({ outcome: 'inconclusive' });
    expect(verdict({ backlog: gappy }).finding).toContain('For 6 s it was not read.');
  });

  it('allows one second of the feed above the highest of the baseline', () => {
    const above = backlog(10_000).map(([atMs, count]): [number, number] => [atMs, atMs > 60_000 ? 13 : count]);
    const loadSpecs = [{ kind: 'follow', operation: 'follow', part: 'crm', feedPerSecond: 10 }];
    expect(verdict({ backlog: above }, { loadSpecs }).outcome).toBe('pass');
    expect(verdict({ backlog: above }).outcome).toBe('fail');
  });

  it('does not wait for what lies in the dead letters', () => {
    const items = Array.from({ length: 30 }, (_, index) => ({ id: `poison-${index}`, version: 1, atMs: 35_000 }));
    const kept = backlog(10_000).map(([atMs, count]): [number, number] => [atMs, count + (atMs >= 35_000 ? 30 : 0)]);
    const ledger = { backlog: kept, sources: { crm: items } };
    expect(verdict({ ...ledger, deadLetters: items.map((item) => ({ ...item, reason: 'poison' })) }).outcome).toBe(
      'pass',
    );
    expect(verdict(ledger).outcome).toBe('fail');
  });

  it('is inconclusive without a formula, without readings and without a fault', () => {
    expect(verdict({ backlog: backlog(1000) }, { expectedDrainMs: null }).outcome).toBe('inconclusive');
    expect(verdict({}).outcome).toBe('inconclusive');
    expect(verdict({ backlog: backlog(1000).slice(0, 40) }).outcome).toBe('inconclusive');
    const calm = evidence({ ledger: { backlog: backlog(1000) }, receipts: [], plan: { phases: [] } });
    expect(judge(drained(), calm).outcome).toBe('inconclusive');
  });

  it('does not speak for one source of several', () => {
    const sources = { crm: [], wiki: [] };
    expect(verdict({ backlog: backlog(1000), sources }, {}, { from: 'crm' }).outcome).toBe('inconclusive');
    expect(verdict({ backlog: backlog(1000), sources }).outcome).toBe('pass');
  });
});
