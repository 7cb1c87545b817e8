import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodeOfError } from '../../harness/commands/exit-codes.ts';
import { GamedayError } from '../../harness/kit/errors.ts';
import { gameday } from '../scenarios/run-gameday.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the command line', () => {
  it('lists scenarios and the coverage matrix', async () => {
    const { code, output } = await gameday(['list']);
    expect(code).toBe(0);
    expect(output).toContain('source-throttling');
    expect(output).toMatch(/S24 .*open/);
    expect(output).toContain('of 24 systems covered');
  });

  it('plans without starting anything, as text and as JSON, the same each time for a seed', async () => {
    const text = await gameday(['plan', 'source-throttling', '--seed', '7']);
    expect(text.output).toContain('quota-cut');
    expect(text.output).toContain('By the formula the backlog has drained 26 s after the last fault.');
    const json = (await gameday(['plan', 'source-throttling', '--seed', '7', '--json'])).output;
    expect(JSON.parse(json)).toMatchObject({ seed: 7, arrivals: [{ operation: 'ask' }] });
    expect((await gameday(['plan', 'source-throttling', '--seed', '7', '--json'])).output).toBe(json);
  });

  it('suggests the name that was meant, and ends with 64', async () => {
    for (const [parameters, expected] of [
      [['run', 'source-throtling'], 'There is no scenario "source-throtling". Did you mean "source-throttling"?'],
      [['run', 'source-throttling', '--defect', 'a3'], 'has no defect "a3". Did you mean "A3"?'],
      [['run', '--reporter', 'junitt,htm'], 'There is no reporter "htm". Did you mean "html"?'],
      [['run', '--pace', 'fast'], 'Allowed choices are quick, full'],
      [['run', '--seed', 'x'], 'It has to be a whole number'],
      [['run', '--target', 'nowhere.ts'], 'There is no config file'],
      [['rnu'], 'Did you mean run?'],
      [['judge', 'nowhere'], 'There is no readable record.json'],
    ] as const) {
      const { code, output } = await gameday(parameters);
      expect(output).toContain(expected);
      expect(code, parameters.join(' ')).toBe(64);
    }
  }, 60_000);

  it('lists every mistake of a config', async () => {
    const file = join(folder, 'gameday.config.ts');
    await writeFile(
      file,
      `export const config = { name: '', start: { kind: 'command', command: [] }, ready: { path: 'x' }, operations: {} };\n`,
    );
    const { code, output } = await gameday(['run', '--target', file]);
    expect(code).toBe(64);
    for (const expected of ['name:', 'start.command:', 'ready.path:']) expect(output).toContain(expected);
  });

  it('has examples in the help of each command', async () => {
    for (const command of ['run', 'list', 'plan', 'judge', 'report', 'sweep', 'clean', 'doctor']) {
      const { code, output } = await gameday([command, '--help']);
      expect(output, command).toContain('Examples:');
      expect(code).toBe(0);
    }
  }, 60_000);

  it('says what this machine can run', async () => {
    const { code, output } = await gameday(['doctor'], { folder });
    expect(output).toContain('ok      Node');
    expect(output).toContain('The local world runs here');
    expect(code).toBe(0);
  });

  it('sweeps and cleans where nothing is left', async () => {
    expect((await gameday(['sweep'], { folder })).output).toContain('Nothing was left behind.');
    expect((await gameday(['clean'], { folder })).output).toContain('Nothing to remove');
  });
});

describe('the exit code', () => {
  it('is that of the worst verdict, and nothing judged is no pass', () => {
    expect(exitCodeOf(['pass', 'pass'])).toBe(0);
    expect(exitCodeOf(['pass', 'fail', 'invalid'])).toBe(1);
    expect(exitCodeOf(['pass', 'invalid'])).toBe(2);
    expect(exitCodeOf(['inconclusive', 'pass'])).toBe(2);
    expect(exitCodeOf([])).toBe(2);
  });

  it('tells wrong usage from a broken harness', () => {
    expect(exitCodeOfError(new GamedayError('usage', 'x'))).toBe(64);
    expect(exitCodeOfError(new GamedayError('refused-target', 'x'))).toBe(64);
    expect(exitCodeOfError(new GamedayError('disk', 'x'))).toBe(3);
    expect(exitCodeOfError(new Error('x'))).toBe(3);
  });
});
