import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRun } from '../../harness/run-folder.ts';
import { root } from '../table/run-gameday.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-full-disk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const moduleUrl = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/**
 * A run whose logs fit into 64 KiB and whose record does not, stored and reported as `gameday run` does it. In a process of its own, since
 * a limit of the system holds for a whole process.
 */
const program = `
  import { runEach } from ${moduleUrl('harness/commands/run-each.ts')};
  import { processTerminal } from ${moduleUrl('harness/commands/terminal.ts')};
  import { systemClock } from ${moduleUrl('harness/kit/clock.ts')};
  import { redactOutput, storeRun } from ${moduleUrl('harness/run-folder.ts')};
  import { sourceThrottling } from ${moduleUrl('scenarios/source-throttling.ts')};
  import { exampleRun } from ${moduleUrl('test/reports/example-run.ts')};
  const example = exampleRun('failing');
  const run = {
    folder: process.argv[1],
    record: { ...example.record, notes: [...example.record.notes, 'x'.repeat(200_000)] },
    samples: example.samples.slice(0, 20),
    calls: example.calls.slice(0, 20),
  };
  process.exitCode = await runEach([sourceThrottling], {
    chosen: ['json', 'html'],
    terminal: processTerminal(),
    signal: new AbortController().signal,
    runsFolder: process.argv[1] + '/..',
    clock: systemClock(),
    run: async () => {
      await redactOutput(run.folder);
      await storeRun(run);
      return { kind: 'judged', run };
    },
  });
`;

/** Runs the program with no file allowed to grow over so many KiB: the system then refuses to write, without root and everywhere. */
function store(runFolder: string, limit: string): Promise<{ code: number | null; out: string; said: string }> {
  return new Promise((resolve, reject) => {
    const command = `ulimit -f ${limit} && exec "$0" --no-warnings --input-type=module -e "$1" -- "$2"`;
    const child = spawn('bash', ['-c', command, process.execPath, program, runFolder]);
    let out = '';
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, said }));
  });
}

it('prints the verdict, says what was not stored, leaves nothing half-written, and ends with 3 when the disk is full', async () => {
  const run = join(folder, 'runs', 'a-run');
  await mkdir(join(run, 'output'), { recursive: true });
  const { code, out, said } = await store(run, '64');
  expect(out).toContain('FAIL  source-throttling');
  expect(out).toContain('retry-amplification');
  expect(said).toContain(`Failed to store the run in ${run}: EFBIG`);
  expect(said).toContain('The record, the samples and the calls are not stored');
  expect(said).toContain('To repeat it: npx gameday run source-throttling --seed 7 --defect A6');
  expect(said).toContain('Please make room');
  expect(said).not.toContain('a defect of gameday');
  expect(code).toBe(3);
  expect(await readdir(run)).toEqual(['output']);
  expect(await readdir(join(folder, 'runs'))).toEqual(['a-run']);
  await expect(readRun(run)).rejects.toMatchObject({ code: 'bad-record' });
}, 60_000);

it('stores and reports the same run where there is room', async () => {
  const run = join(folder, 'runs', 'a-run');
  await mkdir(run, { recursive: true });
  const { code, said } = await store(run, 'unlimited');
  expect(said).not.toContain('Failed');
  expect(code).toBe(1);
  const files = ['calls.jsonl', 'record.json', 'report.html', 'samples.jsonl', 'summary.json'];
  expect((await readdir(run)).sort()).toEqual(files);
}, 60_000);

it('keeps no credentials in the output of a child that cannot be rewritten', async () => {
  const run = join(folder, 'runs', 'a-run');
  await mkdir(join(run, 'output'), { recursive: true });
  const line = 'Authorization: Bearer abcdef0123456789\n';
  await writeFile(join(run, 'output', 'target.log'), line.repeat(4000));
  await store(run, '64');
  expect(await readdir(join(run, 'output'))).toEqual([]);
}, 60_000);
