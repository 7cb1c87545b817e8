import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diffCommand } from '../../harness/commands/diff.ts';
import { logFiles, storeRun } from '../../harness/run-folder.ts';
import type { RunRecord } from '../../harness/record.ts';
import { exampleRun } from '../reports/example-run.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gameday-diff-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function stored(name: string, variant: 'passing' | 'failing', run: Partial<RunRecord['run']> = {}) {
  const folder = join(root, name);
  await mkdir(folder);
  const { record, ...logs } = exampleRun(variant);
  await storeRun({ folder, ...logs, record: { ...record, run: { ...record.run, ...run }, logs: logFiles() } });
  return folder;
}

async function diff(left: string, right: string): Promise<{ code: number; text: string }> {
  const printed: string[] = [];
  const quiet = (): void => undefined;
  const print = (text: string): number => printed.push(text);
  const code = await diffCommand(left, right, { isTerminal: false, color: false, print, say: quiet, transient: quiet });
  return { code, text: printed.join('\n') };
}

it('says of runs that part what each was asked to be, and where they part', async () => {
  const one = await stored('one', 'passing', { world: 'simulated' });
  const other = await stored('other', 'failing', { world: 'simulated', interleaved: true });
  const { code, text } = await diff(one, other);
  expect(code).toBe(1);
  expect(text).toContain('one: seed 7, pace quick, simulated, ');
  expect(text).toContain('other: seed 7, pace quick, simulated, defect A6, interleaved by the seed, ');
  expect(text).toMatch(/They part at event \d+:/);
});

it('has nothing to say of the same', async () => {
  const { code, text } = await diff(await stored('one', 'passing'), await stored('same', 'passing'));
  expect(code).toBe(0);
  expect(text).toMatch(/^The same: \d+ events, sha256 [0-9a-f]{64}\.$/);
});
