import { describe, expect, it } from 'vitest';
import { availability, timeToFirstToken } from '../../harness/judge/index.ts';
import { invalidReasons } from '../../harness/judge/validity.ts';
import type { ObjectiveVerdict, Plan, RunRecord } from '../../harness/record.ts';
import {
  baselineMs,
  evidence,
  isSpreadBad,
  receipt,
  sample,
  samples,
  timeout,
  type EvidenceParts,
} from './evidence.ts';

const calm = samples(1000, baselineMs);

function reasons(parts: EvidenceParts, objectives: readonly ObjectiveVerdict[] = []): readonly string[] {
  return invalidReasons(evidence({ samples: calm, ...parts }), objectives);
}
function objective(changes: Partial<ObjectiveVerdict>): ObjectiveVerdict {
  const verdict = {
    name: 'speed',
    kind: 'timeToFirstToken',
    statement: '',
    outcome: 'fail',
    hardInvariant: false,
  } as const;
  return { ...verdict, finding: 'It was slow.', figures: [], sampleCount: 1, counterexamples: [], ...changes };
}
function link(changes: Partial<RunRecord['baselineTraffic'][number]> = {}): RunRecord['baselineTraffic'][number] {
  const ends = { name: 'target-crm', from: 'target', to: 'crm', variables: ['CRM_BASE_URL', 'CRM_URL'] };
  return { ...ends, connections: 1, bytesToPart: 10, bytesFromPart: 10, ...changes };
}
const crmPart: Plan['parts'][number] = { name: 'crm', role: 'source', protocol: 'http', settings: {}, variables: {} };

describe('an experiment that held', () => {
  it('has no reason to be invalid', () => {
    expect(reasons({ record: { baselineTraffic: [link()] }, plan: { parts: [crmPart] } })).toEqual([]);
  });
});

describe('traffic', () => {
  it('has to be there', () => {
    expect(reasons({ samples: [] })).toEqual(['No traffic: nothing was sent and nothing arrived.']);
  });

  it('has to be sent for every load of the plan, but not by a feed', () => {
    const load: Plan['load'] = [
      { operation: 'ask', workClass: 'interactive', summary: '', requests: 1000 },
      { operation: 'ingest', workClass: 'batch', summary: '', requests: 200 },
      { operation: 'follow', workClass: 'batch', summary: '', requests: null },
    ];
    const planned = { plan: { load } };
    expect(reasons(planned)).toEqual(['No traffic: none of 200 planned "ingest" requests (batch) was sent.']);
    const unsent = sample({ operation: 'ingest', workClass: 'batch', sentMs: null });
    expect(reasons({ ...planned, samples: [...calm, unsent] })).toHaveLength(1);
    expect(reasons({ ...planned, samples: [...calm, { ...unsent, sentMs: 1 }] })).toEqual([]);
    expect(reasons({ ...planned, run: { interrupted: 'SIGINT' } })).toEqual([]);
  });
});

describe('a fault', () => {
  it('has to alter something', () => {
    const idle = [receipt({ altered: 0, seen: 7 })];
    expect(reasons({ receipts: idle })).toEqual([
      'The fault "trouble" at crm altered nothing (it saw 7): it never bit.',
    ]);
    expect(reasons({ receipts: [receipt({ altered: 1 })] })).toEqual([]);
  });

  it('has to leave a receipt, unless the run ended before', () => {
    expect(reasons({ receipts: [] })).toHaveLength(1);
    expect(reasons({ receipts: [], run: { interrupted: 'SIGTERM' } })).toEqual([]);
  });

  it('has to be there for nine tenths of its time', () => {
    expect(reasons({ receipts: [receipt({ activeToMs: 48_000 })] })).toEqual([]);
    expect(reasons({ receipts: [receipt({ activeToMs: 47_999 })] })).toEqual([
      'The fault "trouble" at crm was there for 18 s of 20 s: it was too short.',
    ]);
    expect(reasons({ receipts: [receipt({ activeToMs: 40_000, ended: 'interrupted' })] })).toEqual([]);
  });

  it('must not lose its lease in the middle', () => {
    const lapsed = [receipt({ activeToMs: 40_000, ended: 'lease lapsed' })];
    expect(reasons({ receipts: lapsed })[0]).toContain('its lease lapsed in the middle');
  });
});

describe('a link', () => {
  it('has to carry something in the baseline, or the variables that were ignored are named', () => {
    const silent = { bytesToPart: 0, bytesFromPart: 0 };
    expect(reasons({ record: { baselineTraffic: [link(silent)] } })).toEqual([
      'The link from target to crm carried nothing in the baseline: target ignored CRM_BASE_URL, CRM_URL.',
    ]);
    const front = link({ ...silent, from: 'load', to: 'target', variables: [] });
    expect(reasons({ record: { baselineTraffic: [front] } })).toEqual([
      'The link from load to target carried nothing in the baseline: the load did not reach it.',
    ]);
  });

  it('has to be measured', () => {
    expect(reasons({ plan: { parts: [crmPart] } })).toHaveLength(1);
    expect(reasons({ plan: { parts: [crmPart] }, run: { interrupted: 'SIGINT' } })).toEqual([]);
  });
});

describe('the baseline', () => {
  const withBad = (bad: number) =>
    samples(1000, baselineMs, (index) => (isSpreadBad(index, bad, 1000) ? { outcome: timeout } : {}));

  it('must not be bad already', () => {
    expect(reasons({ samples: withBad(40) })).toEqual([
      'The baseline was bad already: 96.01 % of "ask" was good before any fault, limit 99 % (n = 751).',
    ]);
    expect(reasons({ samples: withBad(6) })).toEqual([]);
  });

  it('is not what the fault did to questions that were under way when it began', () => {
    // Of 50 a second the last 19, as where a link that answers are coming by gets slow.
    const late = samples(1000, baselineMs, (index) => (index >= 981 ? { outcome: timeout } : {}));
    expect(reasons({ samples: late })).toEqual([]);
    // A deadline of which none is over in the baseline leaves nothing else to go by.
    const patient = withBad(400).map((one) => ({ ...one, deadlineMs: 60_000 }));
    expect(reasons({ samples: patient })).toHaveLength(1);
  });

  it('is held against what the scenario itself promises', () => {
    const objectives = [availability({ of: 'ask', atLeast: 0.9 })].map((spec) => ({
      ...spec,
      settings: { ...spec.settings },
    }));
    expect(reasons({ samples: withBad(40), plan: { objectives } })).toEqual([]);
    expect(reasons({ samples: withBad(200), plan: { objectives } })).toHaveLength(1);
  });

  it('is about interactive work: batch work can be put off', () => {
    const batch = withBad(400).map((one) => ({ ...one, workClass: 'batch' as const }));
    expect(reasons({ samples: batch })).toEqual([]);
  });
});

describe('lateness of the generator', () => {
  const objectives = [timeToFirstToken({ of: 'ask', atMostMs: 1000 })].map((spec) => ({
    ...spec,
    settings: { ...spec.settings },
  }));
  const late = (p99Ms: number): EvidenceParts => ({
    record: { lateness: { count: 1000, p50Ms: 1, p99Ms, maxMs: 500 } },
    plan: { objectives },
  });

  it('is a reason above a tenth of the smallest limit, where it may be why an objective did not pass', () => {
    expect(reasons(late(100), [objective({})])).toEqual([]);
    expect(reasons(late(101), [objective({})])).toEqual([
      'The load generator was late: p99 was 101 ms, more than a tenth of the limit of 1000 ms, and that may be why speed did not pass.',
    ]);
  });

  it('is none where it could not have changed a verdict', () => {
    expect(reasons(late(200), [objective({ outcome: 'pass' })])).toEqual([]);
    expect(reasons(late(200), [objective({ kind: 'noDuplicates' })])).toEqual([]);
  });

  it('is a reason above 250 ms in any case: that was another load', () => {
    expect(reasons(late(250), [])).toEqual([]);
    expect(reasons(late(251), [])).toEqual(['The load generator was late: p99 was 251 ms, limit 250 ms (n = 1000).']);
  });
});

it('an objective that could not be judged in this experiment is a reason', () => {
  expect(reasons({}, [objective({ outcome: 'invalid', finding: 'The load did not stay.' })])).toEqual([
    'speed: The load did not stay.',
  ]);
});
