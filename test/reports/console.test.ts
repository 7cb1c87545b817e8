import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { renderConsole } from '../../reports/console.ts';
import { renderSummary } from '../../reports/run-summary.ts';
import { exampleRun } from './example-run.ts';
import { hostileText, invalidRun, withObjective, withRecord } from './with-record.ts';

const plain = { color: false };

test('says the verdict and the scenario first', () => {
  expect(renderConsole(exampleRun('failing'), plain)).toMatch(
    /^FAIL {2}source-throttling: of 5 objectives: 4 failed, 1 inconclusive\n/,
  );
  expect(renderConsole(exampleRun('passing'), plain)).toMatch(/^PASS {2}source-throttling: all 5 objectives hold\n/);
});

test('puts the failures above what is inconclusive', () => {
  const text = renderConsole(exampleRun('failing'), plain);
  expect(text.indexOf('backlog-drained')).toBeLessThan(text.indexOf('nothing-lost'));
});

test('shows the reasons of an invalid run before its objectives', () => {
  const text = renderConsole(invalidRun('The link to crm carried nothing in the baseline.'), plain);
  expect(text).toMatch(/^INVALID/);
  expect(text.indexOf('carried nothing')).toBeGreaterThan(0);
  expect(text.indexOf('carried nothing')).toBeLessThan(text.indexOf('nothing-lost'));
});

test('lists the counterexamples of failures and the receipts', () => {
  const text = renderConsole(exampleRun('failing'), plain);
  expect(text).toContain('Counterexamples of waits-for-retry-after:\n  - crm call 918: attempt 2 at ticket/614');
  expect(text).toMatch(/quota-cut on crm: 30 s to 50 s, healed, altered \d+ of \d+/);
});

test('shouts when a fault never bit', () => {
  const { record } = exampleRun('passing');
  const receipts = record.receipts.map((receipt) => ({ ...receipt, altered: 0 }));
  expect(renderConsole(withRecord({ receipts }), plain)).toContain('IT NEVER BIT');
  expect(renderConsole(withRecord({}), plain)).not.toContain('IT NEVER BIT');
});

test('ends a run that did not pass with the command that repeats it, and only such a run', () => {
  expect(renderConsole(exampleRun('failing'), plain)).toMatch(
    /\nRun it again: npx gameday run source-throttling --seed 7 --defect A6\n$/,
  );
  expect(renderConsole(exampleRun('passing'), plain)).not.toContain('Run it again');
});

test('keeps a long command whole on one line', () => {
  const input = exampleRun('failing');
  const command = `npx gameday run source-throttling --seed 7 --target ${'deep/'.repeat(40)}gameday.config.ts`;
  const text = renderConsole(withRecord({ run: { ...input.record.run, command } }, input), plain);
  expect(text).toContain(`Run it again: ${command}\n`);
});

test.each(['passing', 'failing'] as const)(
  'is at most 100 columns of plain ASCII without a terminal (%s)',
  (variant) => {
    const text = renderConsole(exampleRun(variant), plain);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  },
);

test('says the same in colour', () => {
  const input = exampleRun('failing');
  const coloured = renderConsole(input, { color: true });
  expect(coloured).toContain('\u001b[31mFAIL');
  expect(stripVTControlCharacters(coloured)).toBe(renderConsole(input, plain));
});

test('breaks a word that is wider than its column instead of cutting it', () => {
  const name = 'n'.repeat(90);
  const text = renderConsole(withObjective({ name }), plain);
  expect(text.match(/n{10,}/g)?.join('')).toContain(name);
  expect(text).not.toContain('…');
});

test('lets nobody steer the terminal', () => {
  const text = renderConsole(
    withObjective({ outcome: 'fail', finding: hostileText, counterexamples: [hostileText] }),
    plain,
  );
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).not.toContain('abcdef0123456789');
});

test('says that nothing was judged', () => {
  const { record } = exampleRun('passing');
  const text = renderConsole(
    withRecord({ verdict: { ...record.verdict, outcome: 'inconclusive', objectives: [] } }),
    plain,
  );
  expect(text).toMatch(/^INCONCLUSIVE {2}source-throttling: nothing was judged/);
});

test('sums several runs up, a skipped one with its reason and never as a pass', () => {
  const failing = exampleRun('failing').record;
  const passing = exampleRun('passing').record;
  const reportPath = `.gameday/runs/${failing.run.id}/report.html`;
  const text = renderSummary(
    [
      { kind: 'judged', record: passing, reportPath: null },
      { kind: 'judged', record: failing, reportPath },
      { kind: 'skipped', scenario: 'region-loss', reason: 'The target offers no operation "ask".' },
    ],
    plain,
  );
  expect(text).toMatch(/^PASS +source-throttling +2 min +-$/m);
  expect(text).toMatch(new RegExp(`^FAIL +source-throttling +2 min +${reportPath}$`, 'm'));
  expect(text).toMatch(/^SKIPPED +region-loss +- +The target offers no operation "ask"\.$/m);
  expect(text).toMatch(/\n3 scenarios: 1 fail, 1 skipped, 1 pass\n$/);
});

test('sums up nothing as nothing', () => {
  expect(renderSummary([], plain)).toBe('Nothing was run.\n');
});

test('says what makes a run other than the usual one', () => {
  const { record, ...logs } = exampleRun('passing');
  const run = { ...record.run, interleaved: true };
  expect(renderConsole({ record, ...logs }, plain)).not.toContain('interleaved');
  expect(renderConsole({ record: { ...record, run }, ...logs }, plain)).toContain(', interleaved by the seed\n');
});
