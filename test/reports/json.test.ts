import { expect, test } from 'vitest';
import { RunVerdictSchema } from '../../harness/record.ts';
import { renderJson, SummarySchema } from '../../reports/json.ts';
import { exampleRun } from './example-run.ts';
import { hostileText, withObjective } from './with-record.ts';

test('is read by its own schema and carries verdict, objectives and the command', () => {
  const summary = SummarySchema.parse(JSON.parse(renderJson(exampleRun('failing'))));
  expect(summary).toMatchObject({
    format: 'gameday.summary',
    version: 1,
    scenario: 'source-throttling',
    outcome: 'fail',
  });
  expect(summary.run.command).toBe('npx gameday run source-throttling --seed 7 --defect A6');
  expect(summary.objectives.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'fail', 'fail', 'fail', 'fail']);
});

test('has exactly these keys, in this order', () => {
  expect(Object.keys(JSON.parse(renderJson(exampleRun('passing'))) as object)).toEqual([
    'format',
    'version',
    'scenario',
    'promise',
    'covers',
    'outcome',
    'invalidReasons',
    'run',
    'objectives',
    'phases',
    'receipts',
    'operations',
    'calls',
    'deadLetters',
    'lateness',
    'notes',
  ]);
});

test('counts every operation once, and writes a quantile without an answer as null', () => {
  const input = exampleRun('failing');
  const unanswered = input.samples.map((sample) => ({
    ...sample,
    firstTokenMs: null,
    doneMs: null,
    outcome: { kind: 'failed' as const, code: 'deadline' },
  }));
  const [operation] = SummarySchema.parse(JSON.parse(renderJson({ ...input, samples: unanswered }))).operations;
  expect(operation).toMatchObject({
    operation: 'ask',
    offered: input.samples.length,
    good: 0,
    failed: input.samples.length,
  });
  expect(operation?.completionMs).toEqual({ p50: null, p95: null, p99: null });
});

test('leaves telemetry, logs and the settings of parts out', () => {
  const text = renderJson(exampleRun('passing'));
  expect(text).not.toContain('vllm:');
  expect(text).not.toContain('hunter2secret');
  expect(text.length).toBeLessThan(20_000);
});

test('masks a credential in a finding', () => {
  expect(renderJson(withObjective({ finding: hostileText }))).not.toContain('abcdef0123456789');
});

test('says of an objective what the record says, by the same schema', () => {
  expect(SummarySchema.shape.objectives).toBe(RunVerdictSchema.shape.objectives);
});
