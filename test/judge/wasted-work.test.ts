import { describe, expect, it } from 'vitest';
import { wastedWork } from '../../harness/judge/index.ts';
import type { Call, Sample } from '../../harness/record.ts';
import { call, evidence, faultMs, isSpreadBad, judge, samples, shed, timeout } from './evidence.ts';

/** One finished call for each sample, ended `afterMs` after its caller gave up (for those that did). */
function callsFor(seen: readonly Sample[], afterMs: number, changes: Partial<Call> = {}): Call[] {
  return seen.map((sample, index) => {
    const endedMs = sample.dueMs + (sample.outcome.kind === 'good' ? 150 : sample.deadlineMs + afterMs);
    return call({
      part: 'model',
      number: index + 1,
      traceId: sample.id,
      receivedMs: sample.dueMs,
      endedMs,
      ...changes,
    });
  });
}
const withTimeouts = (count: number, of: number, changes: Partial<Sample> = {}): Sample[] =>
  samples(of, faultMs, (index) => ({ ...changes, ...(isSpreadBad(index, count, of) ? { outcome: timeout } : {}) }));

function verdict(seen: readonly Sample[], calls: readonly Call[]) {
  return judge(wastedWork({ at: 'model' }), evidence({ samples: seen, calls }));
}

describe('wasted work', () => {
  it('passes when nothing is finished for a caller that has left', () => {
    const seen = withTimeouts(0, 1000);
    expect(verdict(seen, callsFor(seen, 0))).toMatchObject({ outcome: 'pass', sampleCount: 1000 });
  });

  it('allows 100 ms for word to arrive, and not one more', () => {
    const seen = withTimeouts(500, 1000);
    expect(verdict(seen, callsFor(seen, 100)).outcome).toBe('pass');
    const found = verdict(seen, callsFor(seen, 101));
    expect(found.outcome).toBe('fail');
    expect(found.counterexamples[0]).toMatch(/^call \d+ \(interactive\) ended 101 ms after its caller had given up$/);
  });

  it('is inconclusive at the limit of 5 %', () => {
    const seen = withTimeouts(50, 1000);
    expect(verdict(seen, callsFor(seen, 5000)).outcome).toBe('inconclusive');
  });

  it('goes by the worst class', () => {
    const interactive = withTimeouts(0, 1000);
    const batch = withTimeouts(50, 100, { workClass: 'batch' }).map((one) => ({ ...one, id: `b${one.id}` }));
    const seen = [...interactive, ...batch];
    expect(verdict(seen, callsFor(seen, 5000)).outcome).toBe('fail');
  });

  it('does not call it waste when a part gives up as well', () => {
    const seen = withTimeouts(500, 1000);
    const calls = callsFor(seen, 5000).map((one, index) =>
      seen[index]?.outcome.kind === 'good' ? one : { ...one, outcome: 'aborted' as const },
    );
    expect(verdict(seen, calls).outcome).toBe('pass');
  });

  it('does not call it waste when accepted or put-off work ends later', () => {
    const seen = samples(1000, faultMs, (index) => ({
      workClass: 'batch',
      ...(index % 2 === 0 ? { outcome: shed } : {}),
    }));
    expect(verdict(seen, callsFor(seen, 20_000, { endedMs: 79_000 })).outcome).toBe('pass');
  });

  it('is inconclusive when calls carry no known trace id, and says what to do', () => {
    const seen = withTimeouts(500, 1000);
    const found = verdict(seen, callsFor(seen, 5000, { traceId: null }));
    expect(found.outcome).toBe('inconclusive');
    expect(found.finding).toContain('the target must pass "traceparent" on');
    const almost = callsFor(seen, 5000).map((one, index) => (index < 49 ? one : { ...one, traceId: 'else' }));
    expect(verdict(seen, almost).outcome).toBe('inconclusive');
  });

  it('is inconclusive with too few calls and with none', () => {
    const few = withTimeouts(0, 58);
    expect(verdict(few, callsFor(few, 0)).outcome).toBe('inconclusive');
    const enough = withTimeouts(0, 59);
    expect(verdict(enough, callsFor(enough, 0)).outcome).toBe('pass');
    expect(verdict(enough, []).outcome).toBe('inconclusive');
  });
});
