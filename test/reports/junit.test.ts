import { expect, test } from 'vitest';
import { renderJunit } from '../../reports/junit.ts';
import { exampleRun } from './example-run.ts';
import { hostileText, invalidRun, withObjective, withRecord } from './with-record.ts';

/** The text of one case, from its opening tag to its end. */
function caseOf(xml: string, name: string): string {
  return new RegExp(`<testcase [^>]*name="${name}".*?</testcase>`, 's').exec(xml)?.[0] ?? '';
}

test('has one suite with one case per objective', () => {
  const xml = renderJunit(exampleRun('passing'));
  expect(xml).toMatch(
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites [^>]*tests="5" failures="0" errors="0" skipped="0"/,
  );
  expect(xml).toMatch(
    /<testsuite [^>]*name="gameday\.source-throttling"[^>]* timestamp="2026-03-02T03:09:10" time="120"/,
  );
  expect(xml.match(/<testcase classname="gameday\.source-throttling"/g)).toHaveLength(5);
});

test('gives a failure its message, its numbers and its counterexamples', () => {
  const failed = caseOf(renderJunit(exampleRun('failing')), 'waits-for-retry-after');
  expect(failed).toMatch(/<failure message="1105 of 1146 refusals[^"]*" type="waitsForRetryAfter">/);
  expect(failed).toContain('too early 1105 attempts (limit 0)');
  expect(failed).toContain('counterexample: crm call 918');
});

test.each(['inconclusive', 'invalid'] as const)('makes an objective that is %s an error', (outcome) => {
  const xml = renderJunit(withObjective({ outcome, finding: 'Too few requests: 12 of 1000.' }));
  expect(caseOf(xml, 'nothing-lost')).toContain(`<error message="Too few requests: 12 of 1000." type="${outcome}">`);
  expect(xml).toContain('tests="5" failures="0" errors="1"');
});

test('lets no objective of an invalid run look like a pass', () => {
  const xml = renderJunit(invalidRun('The fault quota-cut never bit.'));
  expect(xml).toContain('tests="6" failures="0" errors="6"');
  expect(caseOf(xml, 'experiment')).toContain('<error message="The fault quota-cut never bit." type="invalid">');
});

test('lets no run pass in which nothing was judged', () => {
  const { record } = exampleRun('passing');
  const xml = renderJunit(withRecord({ verdict: { ...record.verdict, objectives: [] } }));
  expect(xml).toContain('tests="1" failures="0" errors="1"');
  expect(xml).toContain('No objective was judged.');
});

test('lets no run pass that was interrupted, or that is worse than its objectives', () => {
  const { record } = exampleRun('passing');
  expect(renderJunit(withRecord({ run: { ...record.run, interrupted: 'SIGINT after 41 s' } }))).toContain('errors="1"');
  expect(renderJunit(withRecord({ verdict: { ...record.verdict, outcome: 'inconclusive' } }))).toContain(
    'The run as a whole is inconclusive.',
  );
});

test('carries the replay command, seed, pace and versions', () => {
  const xml = renderJunit(exampleRun('failing'));
  expect(caseOf(xml, 'nothing-lost')).toContain(
    '<system-out><![CDATA[Run it again: npx gameday run source-throttling --seed 7 --defect A6',
  );
  for (const [name, value] of [
    ['seed', '7'],
    ['pace', 'quick'],
    ['defect', 'A6'],
    ['version.gameday', '0.1.0'],
  ] as const) {
    expect(xml).toContain(`<property name="${name}" value="${value}"/>`);
  }
});

test('escapes what would break XML', () => {
  const xml = renderJunit(withObjective({ outcome: 'fail', finding: hostileText, counterexamples: [hostileText] }));
  expect(xml).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(xml).toMatch(/message="&lt;script>document\.title=&quot;owned&quot;/);
  // Outside of data sections and attributes, where it is legal, no end mark of a data section may stand.
  const bare = xml.replace(/<!\[CDATA\[.*?\]\]>/gs, '').replace(/"[^"]*"/g, '');
  expect(bare).not.toContain(']]>');
  expect(xml).not.toContain('abcdef0123456789');
});
