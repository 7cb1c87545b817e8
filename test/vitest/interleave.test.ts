import { describe, expect, it } from 'vitest';
import { eventLog, hashOf } from '../../harness/event-log.ts';
import { simulate, type SimulatedRun } from '../../harness/index.ts';
import { smallScenario } from '../run/small-world.ts';
import { racingTarget } from './racing-target.ts';

const run = (seed: number, interleave?: boolean): Promise<SimulatedRun> =>
  simulate(smallScenario, { target: racingTarget(), seed, ...(interleave === undefined ? {} : { interleave }) });
const hash = (result: SimulatedRun): string => hashOf(eventLog(result));
const lost = ({ samples }: SimulatedRun): number => samples.filter(({ outcome }) => outcome.kind === 'failed').length;

describe('a simulated run whose seed decides what comes first', () => {
  it('finds a race that the order of time alone never shows', { timeout: 60_000 }, async () => {
    const plain = await run(5);
    expect(plain.samples.length).toBeGreaterThan(100);
    expect(lost(plain)).toBe(0);
    expect(plain.record.run.interleaved).toBeUndefined();
    const interleaved = await run(5, true);
    // Of two that are ready either is the first as often as not.
    expect(lost(interleaved) / interleaved.samples.length).toBeGreaterThan(0.3);
    expect(lost(interleaved) / interleaved.samples.length).toBeLessThan(0.7);
    expect(interleaved.record.run.interleaved).toBe(true);
  });

  it('is the same for the same seed, and another for another', { timeout: 60_000 }, async () => {
    const [once, again, other] = [await run(5, true), await run(5, true), await run(6, true)];
    expect(hash(again)).toBe(hash(once));
    const lostAt = ({ samples }: SimulatedRun): number[] =>
      samples.flatMap(({ outcome }, index) => (outcome.kind === 'failed' ? [index] : []));
    expect(lostAt(other)).not.toEqual(lostAt(once));
  });
});
