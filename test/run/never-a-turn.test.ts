import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gameday, type Finished } from '../table/run-gameday.ts';

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'gameday-looping-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

/** Runs a scenario of a few seconds on a target that loops, and that has a second for each turn. */
function run(loopsIn: string, ...others: readonly string[]): Promise<Finished> {
  const config = join(import.meta.dirname, 'looping.config.ts');
  return gameday(
    [
      ...['run', 'looping', '--world', 'simulated', '--target', config, '--out', out, '--reporter', 'console'],
      ...(others.length > 0 ? others : ['--seed', '7']),
    ],
    { variables: { LOOPS_IN: loopsIn, GAMEDAY_STUCK_AFTER_MS: '1000' } },
  );
}

describe('a simulated run whose target never gives the event loop a turn again', () => {
  it.each([
    ['microtasks', 'turnInMicrotasks'],
    ['statements', 'turnInStatements'],
  ])(
    'is ended with what it was at and where it loops: in %s',
    async (loopsIn, name) => {
      const { code, output } = await run(loopsIn);
      expect(output).toContain('looping: No turn of the event loop in 1 s of computing');
      expect(output).toMatch(
        new RegExp(`What runs and never pauses:\\n +at .*${name} .*looping\\.config\\.ts:\\d+:\\d+`),
      );
      expect(output).toMatch(/the run was at: the phase "(warm-up|baseline)"\./);
      expect(output).toMatch(/Under way: \d+ calls? of the target ha/);
      expect(output).toMatch(/The last events:\n( {2}-?\d+ ms: .*\n?){10}/);
      expect(code).toBe(3);
    },
    60_000,
  );

  it('is one broken run of many seeds, with what it said', async () => {
    const { code, output } = await run('microtasks', '--seeds', '1,2', '--jobs', '2');
    expect(output).toContain('turnInMicrotasks');
    expect(output).toContain('its process exited with code 3');
    expect(code).toBe(3);
  }, 120_000);
});

describe('a simulated run whose turns go on', () => {
  it('is left alone, however long it lasts, and its process ends by itself', async () => {
    const { code, output } = await run('nothing');
    expect(output).not.toContain('No turn of the event loop');
    expect(output).toContain('event log: sha256');
    expect(code).not.toBe(3);
  }, 120_000);
});
