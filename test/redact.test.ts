import { mkdtemp, readFile, rm, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeError, type Terminal } from '../harness/commands/terminal.ts';
import { writeReports } from '../harness/commands/write-reports.ts';
import { GamedayError } from '../harness/kit/errors.ts';
import { redactText, redactValue } from '../harness/redact.ts';
import { readRun, storeRun, type StoredRun } from '../harness/run-folder.ts';
import { exampleRun } from './reports/example-run.ts';

const said = 'Bearer abcdef0123456789 {"content":"my private question"}';
const secrets = ['abcdef0123456789', 'my private question'];

function leakyRun(folder: string): StoredRun {
  const { record, samples, calls } = exampleRun('failing');
  const [objective, ...objectives] = record.verdict.objectives;
  if (objective === undefined) throw new Error('The example has no objective.');
  return {
    folder,
    record: {
      ...record,
      run: { ...record.run, interrupted: said },
      ledger: { ...record.ledger, deadLetters: [{ id: 'a', version: 1, atMs: null, reason: said }] },
      processes: record.processes.map((child) => ({ ...child, died: said, diedAtMs: 1 })),
      notes: [said],
      verdict: {
        ...record.verdict,
        invalidReasons: [said],
        objectives: [{ ...objective, finding: said, counterexamples: [said] }, ...objectives],
      },
    },
    samples: samples.slice(0, 5).map((sample) => ({ ...sample, outcome: { kind: 'failed', code: said } })),
    calls: calls.slice(0, 5).map((call) => ({ ...call, path: `/v1?api_key=abcdef0123456789`, operation: said })),
  };
}

it('leaves no credential and no prompt in any text of a stored run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-redact-'));
  const run = leakyRun(join(folder, 'a-run'));
  await mkdir(run.folder);
  await storeRun(run);
  for (const name of ['record.json', 'samples.jsonl', 'calls.jsonl']) {
    const text = await readFile(join(run.folder, name), 'utf8');
    expect(text, name).toContain('[redacted]');
    for (const secret of secrets) expect(text, name).not.toContain(secret);
  }
  expect((await readRun(run.folder)).samples).toHaveLength(5);
  await rm(folder, { recursive: true });
});

it('leaves none in any report', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-redact-'));
  let printed = '';
  const terminal: Terminal = {
    ...{ isTerminal: false, color: false, say: () => undefined, transient: () => undefined },
    print: (text) => (printed += text),
  };
  const files = await writeReports(leakyRun(folder), ['console', 'json', 'junit', 'markdown', 'html'], terminal);
  const texts = [printed, ...(await Promise.all(files.map((file) => readFile(file, 'utf8'))))];
  expect(texts).toHaveLength(5);
  for (const text of texts) for (const secret of secrets) expect(text).not.toContain(secret);
  await rm(folder, { recursive: true });
});

it('leaves none in the last lines of a target that died', () => {
  const text = describeError(new GamedayError('target-not-ready', 'It died.', { problems: ['It died.', `  ${said}`] }));
  expect(text).toContain('Bearer [redacted]');
  for (const secret of secrets) expect(text).not.toContain(secret);
});

it('finds a prompt that was cut off, and one in JSON within JSON', () => {
  expect(redactText('400: {"content":"my private ques')).toBe('400: {"content":"[redacted]"');
  expect(redactText(JSON.stringify({ body: JSON.stringify({ input: 'my private "question"' }) }))).not.toContain(
    'private',
  );
});

it('takes a figure for no credential', () => {
  for (const text of ['p95 of time to first token: 3000 ms, limit 1500 ms', 'tokens = 812', 'per token: 12.5 ms'])
    expect(redactText(text)).toBe(text);
  expect(redactText('token: 1234567890')).toBe('token: [redacted]');
});

it('takes a credential out by the name of its key', () => {
  expect(redactValue({ settings: { password: 'hunter2', name: 'crm' } })).toEqual({
    settings: { password: '[redacted]', name: 'crm' },
  });
});

it('keeps everything that is no text', () => {
  const value = { count: 3, list: [null, true, 'x'], at: { ms: 1.5 } };
  expect(redactValue(value)).toEqual(value);
});
