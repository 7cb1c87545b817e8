import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availability, goodput, judgeRun, noDuplicates } from '../../harness/judge/index.ts';
import type { ObjectiveSpec } from '../../harness/judge/types.ts';
import { RunVerdictSchema } from '../../harness/record.ts';
import {
  baselineMs,
  evidence,
  faultMs,
  receipt,
  recoveryMs,
  samples,
  timeout,
  type EvidenceParts,
} from './evidence.ts';

const calm = [...samples(1000, baselineMs), ...samples(1000, faultMs), ...samples(1500, recoveryMs)];
const troubled = [...samples(1000, baselineMs), ...samples(1000, faultMs, () => ({ outcome: timeout }))];
const once = [{ id: 'a', version: 1, atMs: null }];
const twice = [...once, ...once];

/** Two objectives: a hard invariant (decided by `stored`) and a ratio (decided by `samples`). */
function run(
  parts: EvidenceParts,
  specs: readonly ObjectiveSpec[] = [noDuplicates(), availability({ of: 'ask', atLeast: 0.99 })],
) {
  const objectives = specs.map((spec) => ({ ...spec, settings: { ...spec.settings } }));
  return judgeRun(evidence({ samples: calm, ledger: { stored: once }, ...parts, plan: { objectives, ...parts.plan } }));
}
const neverBit = [receipt({ altered: 0 })];

describe('the verdict on a run', () => {
  it('is a pass when all objectives pass', () => {
    const verdict = run({});
    expect(verdict).toMatchObject({ outcome: 'pass', invalidReasons: [] });
    expect(RunVerdictSchema.parse(verdict)).toEqual(verdict);
  });

  it('is a failure when one fails, also beside an inconclusive one', () => {
    expect(run({ samples: troubled }).outcome).toBe('fail');
    expect(run({ samples: troubled, ledger: { stored: null } }).outcome).toBe('fail');
  });

  it('is inconclusive when one is', () => {
    expect(run({ ledger: { stored: null } }).outcome).toBe('inconclusive');
  });

  it('is inconclusive when there was nothing to judge', () => {
    expect(run({}, []).outcome).toBe('inconclusive');
  });

  it('is invalid when the fault never bit, whatever passes or fails', () => {
    expect(run({ receipts: neverBit })).toMatchObject({ outcome: 'invalid' });
    expect(run({ receipts: neverBit, samples: troubled }).outcome).toBe('invalid');
    expect(run({ receipts: neverBit }, []).outcome).toBe('invalid');
  });

  it('stays a failure in an invalid run when a hard invariant is broken', () => {
    const verdict = run({ receipts: neverBit, ledger: { stored: twice } });
    expect(verdict.outcome).toBe('fail');
    expect(verdict.invalidReasons).toHaveLength(1);
  });

  it('is invalid when an objective says that the experiment could not have shown it', () => {
    const verdict = run({}, [noDuplicates(), goodput({ of: 'ask', utilisation: 0.3 })]);
    expect(verdict.outcome).toBe('invalid');
    expect(verdict.invalidReasons[0]).toContain('goodput-recovers: The utilisation of 0.3');
  });

  it('is inconclusive at best when the run was interrupted', () => {
    const verdict = run({ run: { interrupted: 'SIGINT' } });
    expect(verdict.outcome).toBe('inconclusive');
    expect(verdict.objectives[0]?.finding).toMatch(/^The run was interrupted \(SIGINT\)\. Until then: None of 1/);
    expect(run({ run: { interrupted: 'SIGINT' }, samples: troubled }).outcome).toBe('inconclusive');
  });

  it('stays a failure in an interrupted run when a hard invariant is broken', () => {
    expect(run({ run: { interrupted: 'SIGINT' }, ledger: { stored: twice } }).outcome).toBe('fail');
  });

  it('is inconclusive about an objective that this version does not know, or whose settings it cannot read', () => {
    const stranger = { name: 'later', kind: 'fromTheFuture', statement: 'It is later.', settings: {} };
    expect(run({}, [noDuplicates(), stranger]).outcome).toBe('inconclusive');
    const broken = { ...availability({ of: 'ask', atLeast: 0.9 }), settings: { of: 'ask', atLeast: 'much' } };
    expect(run({}, [broken]).objectives[0]).toMatchObject({ outcome: 'inconclusive', hardInvariant: false });
  });

  it('is the same for the same evidence', () => {
    expect(run({ samples: troubled })).toEqual(run({ samples: troubled }));
  });

  it('follows the order of severity for every mixture', () => {
    const mixtures = fc.record({
      stored: fc.constantFrom(once, twice, null),
      seen: fc.constantFrom(calm, troubled),
      bitten: fc.boolean(),
      interrupted: fc.constantFrom(null, 'SIGTERM'),
    });
    fc.assert(
      fc.property(mixtures, ({ stored, seen, bitten, interrupted }) => {
        const { outcome } = run({
          samples: seen,
          ledger: { stored },
          receipts: bitten ? [receipt()] : neverBit,
          run: { interrupted },
        });
        const expected =
          stored === twice
            ? 'fail'
            : !bitten
              ? 'invalid'
              : interrupted !== null
                ? 'inconclusive'
                : seen === troubled
                  ? 'fail'
                  : stored === null
                    ? 'inconclusive'
                    : 'pass';
        expect(outcome).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});
