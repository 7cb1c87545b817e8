import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it, vi } from 'vitest';
import { config } from '../../gameday.config.ts';
import { eventLogHash, simulate, type SimulatedRun } from '../../harness/index.ts';
import { expect } from '../../harness/vitest/index.ts';
import { exampleRun } from '../reports/example-run.ts';
import { smallScenario } from '../run/small-world.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the matchers', () => {
  const passing: SimulatedRun = exampleRun('passing');
  const failing: SimulatedRun = exampleRun('failing');
  const failed = failing.record.verdict.objectives.find((objective) => objective.outcome === 'fail');

  it('pass on what holds', () => {
    expect(passing).toPass();
    expect(passing).toMeet(passing.record.verdict.objectives[0]?.name ?? 'none');
    expect(failing).not.toPass();
    expect(failing).not.toMeet(failed?.name ?? 'none');
  });

  it('say what did not hold, with its numbers and the command that repeats the run', () => {
    const said = messageOf(() => expect(failing).toPass());
    expect(said).toContain(`fail: ${failed?.name ?? ''}: ${failed?.finding ?? ''}`);
    expect(said).toContain(`Event log: sha256 ${eventLogHash(failing)}\nRun it again: npx gameday run`);
    expect(messageOf(() => expect(failing).toMeet('no-such'))).toContain(
      'There is no objective "no-such". There are: ',
    );
    expect(messageOf(() => expect(17).toPass())).toContain('for what "simulate" gives');
  });

  it('hold the time of a recovery against a limit, and a run that measures none never meets it', () => {
    const figures = [{ name: 'drain time', value: 12_000, unit: 'ms' }];
    const [objective] = passing.record.verdict.objectives;
    if (!objective) throw new Error('no objective');
    const verdict = { ...passing.record.verdict, objectives: [{ ...objective, name: 'drained', figures }] };
    const draining: SimulatedRun = { ...passing, record: { ...passing.record, verdict } };
    expect(draining).toRecoverWithin(12_000);
    expect(messageOf(() => expect(draining).toRecoverWithin(11_999))).toContain('drained: 12000 ms\nlimit: 11999 ms');
    const none = { ...verdict, objectives: [{ ...objective, figures: [] }] };
    const measured = { ...passing, record: { ...passing.record, verdict: none } };
    expect(messageOf(() => expect(measured).toRecoverWithin(1e9))).toContain('No objective of this scenario measures');
    expect(messageOf(() => expect(measured).not.toRecoverWithin(0))).toContain(
      'No objective of this scenario measures',
    );
  });

  it('do not hold the other way round for what is misspelled or not decided', () => {
    const [objective] = passing.record.verdict.objectives;
    if (!objective) throw new Error('no objective');
    const misspelled = `${objective.name}x`;
    expect(messageOf(() => expect(passing).not.toMeet(misspelled))).toContain(
      `There is no objective "${misspelled}". There are: ${objective.name}`,
    );
    const undecided = {
      ...passing.record.verdict,
      ...{ outcome: 'inconclusive' as const, objectives: [{ ...objective, outcome: 'inconclusive' as const }] },
    };
    const run: SimulatedRun = { ...passing, record: { ...passing.record, verdict: undecided } };
    expect(messageOf(() => expect(run).not.toPass())).toContain('it has neither passed nor failed');
    expect(messageOf(() => expect(run).not.toMeet(objective.name))).toContain(`inconclusive: ${objective.name}`);
  });
});

describe('simulate', () => {
  it('runs a scenario in this process, without a folder and the same each time, and gives the globals back', async () => {
    const before = [Date, setTimeout, fetch];
    const once = await simulate(smallScenario, { target: config, seed: 5 });
    const again = await simulate(smallScenario, { target: config, seed: 5 });
    expect(once.samples.length).toBeGreaterThan(100);
    expect(again.samples).toEqual(once.samples);
    expect(again.calls).toEqual(once.calls);
    expect([Date, setTimeout, fetch]).toEqual(before);
  }, 60_000);

  it('takes the reference workload where there is no config and no target is named', async () => {
    const named = await simulate(smallScenario, { target: config, seed: 5 });
    const before = process.cwd();
    process.chdir(await mkdtemp(join(tmpdir(), 'gameday-no-config-')));
    try {
      const run = await simulate(smallScenario, { seed: 5 });
      expect(run.record.run.target).toBe('reference workload');
      expect(eventLogHash(run)).toBe(eventLogHash(named));
    } finally {
      await rm(process.cwd(), { recursive: true });
      process.chdir(before);
    }
  }, 60_000);

  it('says how to call it again where no vitest runs', async () => {
    vi.stubEnv('VITEST', undefined);
    const run = await simulate(smallScenario, { target: config, seed: 5, rate: 0.5, interleave: true });
    expect(run.record.run.command).toBe(
      'simulate(scenario, { seed: 5, rate: 0.5, interleave: true }) with the scenario "small" and the target "reference workload"',
    );
  }, 60_000);

  it('says what is wrong with what it is asked for, in place of running something else', async () => {
    const said = async (scenario: object, settings: object): Promise<string> =>
      simulate(scenario as never, { target: config, ...settings }).then(
        () => 'It ran.',
        (cause: unknown) => String(cause),
      );
    expect(await said(smallScenario, { sed: 3 })).toContain('There is no setting "sed". Did you mean "seed"?');
    expect(await said(smallScenario, { seed: NaN })).toContain(
      '"seed" has to be a whole number from 0 on, and is NaN.',
    );
    expect(await said(smallScenario, { pace: 'fast' })).toContain('There is no pace "fast".');
    expect(await said(smallScenario, { defect: 'ZZ' })).toContain('has no defect "ZZ".');
    const faults = smallScenario.faults.map((fault) => ({ ...fault, part: 'modle-server' }));
    expect(await said({ ...smallScenario, faults }, {})).toContain('"modle-server"');
    expect(await said({ ...smallScenario, world: undefined }, {})).toContain('world');
    expect(await said(smallScenario, { target: { ...config, operations: undefined } })).toContain(
      'The config of the target:',
    );
  });

  it('says why a scenario cannot be simulated', async () => {
    const { inProcess, ...process } = config;
    expect(inProcess).toBeDefined();
    await expect(simulate(smallScenario, { target: process })).rejects.toThrow(
      'The simulated world runs functions of this process, and reference workload is none: its config has no "inProcess".',
    );
  });
});

function messageOf(work: () => void): string {
  try {
    work();
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
  throw new Error('It did not fail.');
}
