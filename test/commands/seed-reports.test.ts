import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkSeedReporters, writeSeedReports } from '../../harness/commands/seed-reports.ts';
import { gameday } from '../table/run-gameday.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-seed-reports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('refuses a report that shows one run, and says which there are', () => {
  expect(() => checkSeedReporters(['console', 'html'])).toThrow(
    '--reporter html shows one run: there is none of --seeds.',
  );
  expect(() => checkSeedReporters(['console', 'junit', 'markdown'])).not.toThrow();
});

it('writes those that are files into the folder of the runs, which need not be there yet', async () => {
  const row = { scenario: 'small', seed: 7, outcome: 'fail', why: 'nothing-lost', command: 'again' } as const;
  const out = join(folder, 'results');
  const files = await writeSeedReports([row], ['console', 'junit', 'markdown'], out);
  expect(files).toEqual([join(out, 'seeds-junit.xml'), join(out, 'seeds.md')]);
  for (const file of files) expect(await readFile(file, 'utf8')).toContain('nothing-lost');
});

it('serves the command line', async () => {
  const config = join(import.meta.dirname, 'support', 'racing.config.ts');
  const many = ['run', 'small', '--target', config, '--world', 'simulated', '--seeds', '1..2', '--jobs', '1'];
  const refused = await gameday([...many, '--reporter', 'json,junit', '--out', folder]);
  expect(refused.code).toBe(64);
  expect(refused.output).toContain('With --seeds it can be console, junit, markdown.');
  const { code, output } = await gameday([...many, '--reporter', 'junit', '--out', folder]);
  expect(code).toBe(2);
  expect(output).toContain('\n\nsmall\n  invalid: 1, 2\n    1, 2: The fault "noisy-neighbour"');
  expect(output).toContain(`Report: ${join(folder, 'seeds-junit.xml')}`);
  expect(await readdir(folder)).toContain('seeds-junit.xml');
}, 120_000);
