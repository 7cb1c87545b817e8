import { expect, test } from 'vitest';
import { reporters } from '../../reports/index.ts';
import { exampleRun } from './example-run.ts';

test('has five reporters, of which only the console writes no file', () => {
  expect(Object.entries(reporters).map(([name, { fileName }]) => [name, fileName])).toEqual([
    ['console', null],
    ['json', 'summary.json'],
    ['junit', 'junit.xml'],
    ['markdown', 'summary.md'],
    ['html', 'report.html'],
  ]);
});

test.each(Object.entries(reporters))('%s tells a passing run from a failing one', (_, reporter) => {
  const [passing, failing] = (['passing', 'failing'] as const).map((variant) =>
    reporter.render(exampleRun(variant), { color: false }),
  );
  expect(passing).toMatch(/pass|failures="0" errors="0"/i);
  expect(failing).toMatch(/fail/i);
  expect(passing).not.toBe(failing);
});
