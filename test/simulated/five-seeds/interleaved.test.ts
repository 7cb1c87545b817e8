import { describe, expect, it } from 'vitest';
import { config } from '../../../gameday.config.ts';
import { eventLogHash } from '../../../harness/event-log.ts';
import { simulate, type SimulatedRun } from '../../../harness/simulate.ts';
import { library } from '../../../scenarios/index.ts';
import { cells, checkCell } from '../../table/cells.ts';

describe.each(library)('$name on the workload as it should be, interleaved', { timeout: 300_000 }, (scenario) => {
  // A run that takes too long ends with its test: the next one wants the globals of the process.
  const run = (settings: { interleave: boolean; rate?: number; signal: AbortSignal }): Promise<SimulatedRun> =>
    simulate(scenario, { target: config, seed: 1, ...settings });

  it('passes', async ({ signal }) => {
    const cell = cells.find(({ scenario: name, defect }) => name === scenario.name && defect === null);
    if (!cell) throw new Error('There is no such cell.');
    const { record } = await run({ interleave: true, signal });
    checkCell(cell, record);
    expect(record.notes).toEqual([]);
  });

  it('has the same event log for the same seed, which is not that of a run in order', async ({ signal }) => {
    const hash = async (interleave: boolean): Promise<string> =>
      eventLogHash(await run({ interleave, rate: 0.2, signal }));
    const once = await hash(true);
    expect(await hash(true)).toBe(once);
    expect(await hash(false)).not.toBe(once);
  });
});
