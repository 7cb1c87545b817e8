import { expect, test } from 'vitest';
import { renderMarkdown } from '../../reports/markdown.ts';
import { exampleRun } from './example-run.ts';
import { hostileText, invalidRun, withObjective, withRecord } from './with-record.ts';

test('shows verdict, table, receipts and the command', () => {
  const text = renderMarkdown(exampleRun('failing'));
  expect(text).toMatch(/^## ✗ FAIL: source-throttling\n/);
  expect(text).toContain('| verdict | objective | finding | figures | n |');
  expect(text).toContain('| ✗ FAIL | **retry-amplification**<br>While throttled');
  expect(text).toContain('- quota-cut on crm: 30 s to 50 s, healed');
  expect(text).toContain('```sh\nnpx gameday run source-throttling --seed 7 --defect A6\n```');
});

test('gives every row of the table five cells, whatever a target says', () => {
  const text = renderMarkdown(withObjective({ outcome: 'fail', finding: hostileText, counterexamples: [hostileText] }));
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && line.includes('<br>'));
  expect(rows).toHaveLength(5);
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(7);
});

test('shows the words of a target, and obeys none of them', () => {
  const text = renderMarkdown(
    withObjective({ outcome: 'fail', finding: `@octocat ${hostileText}`, counterexamples: [hostileText] }),
  );
  expect(text).not.toContain('<script>');
  expect(text).not.toContain('<img');
  expect(text).not.toContain('@octocat');
  expect(text).toContain('\\[x\\]\\(javascript');
  expect(text).not.toContain('abcdef0123456789');
});

test('keeps a command with back-ticks inside its block', () => {
  const { record } = exampleRun('passing');
  const text = renderMarkdown(withRecord({ run: { ...record.run, command: 'gameday run ```\n# gone' } }));
  expect(text).toContain('````sh\ngameday run ``` # gone\n````');
});

test('says first why a run is invalid', () => {
  const text = renderMarkdown(invalidRun('The baseline was bad.'));
  expect(text.indexOf('The baseline was bad.')).toBeLessThan(text.indexOf('| verdict |'));
  expect(text).toContain('says nothing about the target');
});
