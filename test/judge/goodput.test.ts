import { describe, expect, it } from 'vitest';
import { goodput } from '../../harness/judge/index.ts';
import type { Sample } from '../../harness/record.ts';
import {
  baselineMs,
  evidence,
  faultMs,
  judge,
  receipt,
  recoveryMs,
  sample,
  samples,
  timeout,
  type EvidenceParts,
} from './evidence.ts';

const promise = { of: 'ask', utilisation: 0.8 };

/** 50 per second from the baseline on; bad in the fault and for `badMs` after the heal at 50 s. */
function course(badMs: number): Sample[] {
  return [
    ...samples(1000, baselineMs),
    ...samples(1000, faultMs, () => ({ outcome: timeout })),
    ...samples(1500, recoveryMs, (index) => (index * 20 < badMs ? { outcome: timeout } : {})),
  ];
}
function verdict(badMs: number, options: Partial<Parameters<typeof goodput>[0]> = {}, parts: EvidenceParts = {}) {
  return judge(goodput({ ...promise, ...options }), evidence({ samples: course(badMs), ...parts }));
}

describe('goodput that recovers', () => {
  it('passes with the time that it took', () => {
    const found = verdict(8000);
    expect(found.outcome).toBe('pass');
    expect(found.finding).toContain('Recovered 8 s after the last heal');
    expect(found.figures[0]).toEqual({ name: 'recovery time', value: 8000, unit: 'ms' });
  });

  it('passes at once when the fault left nothing behind', () => {
    expect(verdict(0).finding).toContain('Recovered 0 ms after the last heal');
  });

  it('fails beyond the horizon when it stays bad with the load unchanged', () => {
    const found = verdict(30_000, { within: 0.5 });
    expect(found.outcome).toBe('fail');
    expect(found.finding).toContain('(> horizon)');
    expect(found.figures[0]).toMatchObject({ value: null });
  });

  it('recovers just before the last full hold window, and not just after it', () => {
    expect(verdict(20_000, { within: 0.5 }).outcome).toBe('pass');
    expect(verdict(21_000, { within: 0.5 }).outcome).toBe('fail');
  });

  it('is not decided when it was watched for less long than a sound service may take by the formula', () => {
    // D = 20 s, τ = 5 s, x = 0.8: 55 s; the load ends 30 s after the heal.
    const found = verdict(30_000);
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('It may take 55 s; the load ended before that.');
  });

  it('fails when it relapses before the end', () => {
    const seen = course(2000).map((one) => (one.dueMs >= 75_000 ? sample({ ...one, outcome: timeout }) : one));
    const found = judge(goodput({ ...promise, within: 0.5 }), evidence({ samples: seen }));
    expect(found.outcome).toBe('fail');
    expect(found.finding).toContain('It was good for a while 2 s after the last heal. Not recovered 30 s after');
  });

  it('counts the time to the end of a relapse, however good it was before', () => {
    const seen = course(0).map((one) =>
      one.dueMs >= 60_000 && one.dueMs < 66_000 ? sample({ ...one, outcome: timeout }) : one,
    );
    const found = judge(goodput(promise), evidence({ samples: seen }));
    expect(found).toMatchObject({ outcome: 'pass' });
    expect(found.figures[0]).toMatchObject({ name: 'recovery time', value: 16_000 });
    expect(found.finding).toContain('It was good for a while 0 ms after the last heal. Recovered for good 16 s after');
    expect(judge(goodput({ ...promise, within: 0.2 }), evidence({ samples: seen })).outcome).toBe('fail');
  });

  it('does not pass with less good at the end than it asks for', () => {
    const seen = course(0).map((one, index) =>
      one.dueMs >= 65_000 && index % 16 === 0 ? sample({ ...one, outcome: timeout }) : one,
    );
    const found = judge(goodput(promise), evidence({ samples: seen }));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('was good at the end (limit 95 %');
  });

  it('holds the time against the formula where that is asked for, to within two seconds', () => {
    // D = 20 s, τ = 5 s, x = 0.8: (16 - 5) / 0.2 = 55 s; 0.2 of it is 11 s.
    expect(verdict(13_000, { within: 0.2 }).outcome).toBe('pass');
    expect(verdict(14_000, { within: 0.2 }).outcome).toBe('fail');
    expect(verdict(14_000, { within: 1.25 }).outcome).toBe('pass');
  });

  it('is invalid below a utilisation of 0.7', () => {
    expect(verdict(0, { utilisation: 0.69 })).toMatchObject({ outcome: 'invalid' });
    expect(verdict(0, { utilisation: 0.7 }).outcome).toBe('pass');
  });

  it('is invalid when no fault was there for max(3τ, 20 s)', () => {
    const receipts = [receipt({ activeFromMs: 32_000 })];
    expect(verdict(0, {}, { receipts })).toMatchObject({
      outcome: 'invalid',
      finding: 'The longest fault was there for 18 s; a metastable state needs 20 s.',
    });
    expect(verdict(0, {}, { plan: { timeoutMs: 10_000 } }).outcome).toBe('invalid');
    expect(verdict(0, {}, { receipts: [receipt({ activeFromMs: 30_300 })] }).outcome).toBe('pass');
  });

  it('is invalid when the load was taken away', () => {
    const thinned = course(0).filter((one, index) => one.dueMs < 50_000 || index % 2 === 0);
    const found = judge(goodput(promise), evidence({ samples: thinned }));
    expect(found.outcome).toBe('invalid');
    expect(found.finding).toContain('The load did not stay: 25 per second after the last heal, 50 in the baseline.');
  });

  it('blames neither the target nor the experiment for a run that was interrupted', () => {
    const cut = course(0).filter((one) => one.dueMs < 62_000);
    const run = { interrupted: 'SIGINT' };
    expect(verdict(0, {}, { samples: cut }).outcome).toBe('invalid');
    expect(verdict(0, {}, { samples: cut, run })).toMatchObject({
      outcome: 'inconclusive',
      finding: 'The load did not go on to its end: the run was interrupted (SIGINT).',
    });
    expect(verdict(30_000, {}, { run }).outcome).toBe('inconclusive');
    expect(verdict(0, {}, { run, receipts: [receipt({ activeFromMs: 45_000 })] }).outcome).toBe('inconclusive');
  });

  it('takes any time up to one hold window before the end where no limit is set', () => {
    expect(verdict(20_000, { within: 0.2 }).outcome).toBe('fail');
    expect(verdict(20_000).outcome).toBe('pass');
  });

  it('does not ask for more than the baseline gave', () => {
    const tenth = course(0).map((one, index) => (index % 20 === 0 ? sample({ ...one, outcome: timeout }) : one));
    expect(judge(goodput({ ...promise, atLeast: 0.98 }), evidence({ samples: tenth })).outcome).toBe('pass');
  });

  it('is inconclusive with too little load, too short a recovery, or nothing at all', () => {
    const slow = [...samples(100, baselineMs), ...samples(180, recoveryMs)];
    expect(judge(goodput(promise), evidence({ samples: slow })).outcome).toBe('inconclusive');
    expect(verdict(0, {}, { plan: { holdMs: 31_000 } }).outcome).toBe('inconclusive');
    expect(verdict(0, {}, { samples: [] }).outcome).toBe('inconclusive');
    expect(verdict(0, {}, { receipts: [], plan: { phases: [] } }).outcome).toBe('inconclusive');
  });
});
