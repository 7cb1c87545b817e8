import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availability } from '../../harness/judge/index.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import type { Sample } from '../../harness/record.ts';
import {
  evidence,
  faultMs,
  good,
  isSpreadBad,
  judge,
  recoveryMs,
  receipt,
  samples,
  shed,
  timeout,
} from './evidence.ts';

const promise = { of: 'ask', atLeast: 0.99 };
function verdict(seen: readonly Sample[], options: Partial<Parameters<typeof availability>[0]> = {}) {
  return judge(availability({ ...promise, ...options }), evidence({ samples: seen }));
}
const withBad = (bad: number, count: number, window = faultMs): Sample[] =>
  samples(count, window, (index) => (isSpreadBad(index, bad, count) ? { outcome: timeout } : {}));

describe('availability', () => {
  it('passes a thousand good ones, with its numbers', () => {
    expect(verdict(withBad(0, 1000))).toMatchObject({
      outcome: 'pass',
      sampleCount: 1000,
      finding: '100 % of "ask" was good during the faults, limit 99 % (n = 1000, 0 bad, 0 shed).',
    });
  });

  it('passes from 299 good ones on, and says with 298 how long it would take', () => {
    expect(verdict(withBad(0, 299)).outcome).toBe('pass');
    const found = verdict(withBad(0, 298));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('A pass needs about 299: 20.1 s at 14.9 per second.');
  });

  it('is inconclusive exactly at the limit', () => {
    expect(verdict(withBad(10, 1000)).outcome).toBe('inconclusive');
  });

  it('fails well over the limit, and says how they ended', () => {
    const found = verdict(withBad(30, 1000));
    expect(found).toMatchObject({ outcome: 'fail', hardInvariant: false });
    expect(found.counterexamples).toEqual(['30 x failed: timeout']);
  });

  it('is inconclusive when nothing was due, and when there was no such window', () => {
    expect(verdict([]).outcome).toBe('inconclusive');
    expect(verdict(withBad(0, 1000), { during: ['no-such-fault'] }).outcome).toBe('inconclusive');
    expect(verdict(withBad(0, 1000), { of: 'ingest' }).outcome).toBe('inconclusive');
  });

  it('fails when none was answered', () => {
    expect(verdict(withBad(400, 400)).outcome).toBe('fail');
  });

  it('counts an answer after its deadline as bad', () => {
    const late = samples(400, faultMs, () => ({ latencyMs: 2501 }));
    expect(verdict(late).outcome).toBe('fail');
    expect(verdict(samples(400, faultMs, () => ({ latencyMs: 2500 }))).outcome).toBe('pass');
  });

  it('counts one that could not be sent, or got no end, as bad', () => {
    const dropped = samples(400, faultMs, () => ({ outcome: { kind: 'dropped', code: 'no socket' }, sentMs: null }));
    expect(verdict(dropped).outcome).toBe('fail');
    expect(verdict(samples(400, faultMs, () => ({ outcome: good, doneMs: null }))).outcome).toBe('fail');
  });

  it('counts refused interactive work as bad and leaves refused batch work out, unless told otherwise', () => {
    const interactive = samples(1000, faultMs, (index) => (index % 10 === 0 ? { outcome: shed } : {}));
    const batch = interactive.map((sample) => ({ ...sample, workClass: 'batch' as const }));
    expect(verdict(interactive).outcome).toBe('fail');
    expect(verdict(interactive, { shedCounts: 'left-out' })).toMatchObject({ outcome: 'pass', sampleCount: 900 });
    expect(verdict(batch)).toMatchObject({ outcome: 'pass', sampleCount: 900 });
    expect(verdict(batch, { shedCounts: 'bad' }).outcome).toBe('fail');
    expect(verdict(samples(9, faultMs, () => ({ outcome: shed, workClass: 'batch' }))).outcome).toBe('inconclusive');
  });

  it('looks at the window in which the fault really was, by when an operation was due', () => {
    const receipts = [receipt({ activeFromMs: 32_000, activeToMs: 48_000 })];
    const edges = [
      ...withBad(50, 50, { fromMs: 30_000, toMs: 32_000 }),
      ...withBad(0, 1000, { fromMs: 32_000, toMs: 48_000 }),
    ];
    const after = withBad(50, 50, { fromMs: 48_000, toMs: 50_000 });
    const seen = evidence({ samples: [...edges, ...after], receipts });
    expect(judge(availability(promise), seen)).toMatchObject({ outcome: 'pass', sampleCount: 1000 });
    expect(judge(availability(promise), { ...seen, record: { ...seen.record, receipts: [] } }).outcome).toBe('fail');
  });

  it('begins the recovery when the fault was really gone', () => {
    const receipts = [receipt({ activeToMs: 55_000 })];
    const seen = [
      ...withBad(100, 100, { fromMs: 50_000, toMs: 55_000 }),
      ...withBad(0, 500, { ...recoveryMs, fromMs: 55_000 }),
    ];
    const found = judge(availability({ ...promise, during: 'recovery' }), evidence({ samples: seen, receipts }));
    expect(found).toMatchObject({ outcome: 'pass', sampleCount: 500 });
  });

  it('never fails a healthy service with 0.2 to 0.6 % of errors', () => {
    const random = seededRandom('twin 12');
    const fails = [0.002, 0.004, 0.006].flatMap((badShare) =>
      Array.from({ length: 100 }, () => {
        const seen = samples(1000, faultMs, () => (random.next() < badShare ? { outcome: timeout } : {}));
        return verdict(seen).outcome;
      }),
    );
    expect(fails).not.toContain('fail');
  });

  it('never goes from fail to pass when one more is bad', () => {
    const runs = fc.array(fc.boolean(), { minLength: 20, maxLength: 400 });
    fc.assert(
      fc.property(runs, fc.nat(), (bads, position) => {
        const at = position % bads.length;
        const judged = (isBad: (index: number) => boolean) =>
          verdict(
            samples(bads.length, faultMs, (index) => (isBad(index) ? { outcome: timeout } : {})),
            { atLeast: 0.7 },
          ).outcome;
        const before = judged((index) => bads[index] ?? false);
        const after = judged((index) => index === at || (bads[index] ?? false));
        if (before === 'fail') expect(after).not.toBe('pass');
        if (after === 'pass') expect(before).not.toBe('fail');
      }),
    );
  });
});
