import { expect, test } from 'vitest';
import { seedList, type SeedRow } from '../../reports/seed-row.ts';
import { renderSeedsJunit } from '../../reports/seeds-junit.ts';
import { renderSeedsMarkdown } from '../../reports/seeds-markdown.ts';
import { renderSeeds } from '../../reports/seeds.ts';
import { hostileText } from './with-record.ts';

function row(seed: number, outcome: SeedRow['outcome'] = 'pass', why = '', scenario = 'small'): SeedRow {
  return {
    scenario,
    seed,
    outcome,
    why,
    command: outcome === 'skipped' ? null : `npx gameday run small --seed ${seed}`,
  };
}

const rows = [
  ...[1, 2].map((seed) => row(seed)),
  row(3, 'fail', 'nothing-lost, drained'),
  row(4, 'inconclusive', 'availability'),
  row(17, 'fail', 'nothing-lost'),
  ...[40, 41, 42, 43, 44].map((seed) => row(seed, 'fail', 'nothing-lost')),
  row(45, 'broken', 'The run came to no end.\nOut of luck'),
  row(1, 'skipped', 'the part "postgres" needs "sockets" & more', 'other'),
];

test('lists seeds in order, three or more in a row as a range', () => {
  expect(seedList([3, 17, 40, 41, 42, 43, 44])).toBe('3, 17, 40..44');
  expect(seedList([8, 7, 5])).toBe('5, 7, 8');
  expect(seedList([9])).toBe('9');
  expect(seedList([])).toBe('');
});

test('the table counts verdicts, and names the seeds of each that is no pass, with the reasons', () => {
  const text = renderSeeds(rows, { color: false });
  expect(text).toMatch(/small +11 +2 +7 +1 +0 +1\n/);
  expect(text).toContain(
    [
      'small',
      '  fail: 3, 17, 40..44',
      '    3: nothing-lost, drained',
      '    17, 40..44: nothing-lost',
      '  inconclusive: 4',
      '    4: availability',
      '  broken: 45',
      '    45: The run came to no end. Out of luck',
      '',
      'First of small that did not pass: seed 3, fail: nothing-lost, drained',
      '  run it again: npx gameday run small --seed 3',
      '',
    ].join('\n'),
  );
  expect(text).toContain('other\n  skipped: 1\n    1: the part');
});

test('the table says nothing more where all pass', () => {
  expect(renderSeeds([row(1), row(2)], { color: false }).split('\n')).toHaveLength(3);
});

test('JUnit has a suite for each scenario and a case for each seed, and whatever is no pass is none there', () => {
  const xml = renderSeedsJunit(rows);
  expect(xml).toMatch(/<testsuites [^>]*tests="12" failures="7" errors="2" skipped="1"/);
  expect(xml).toMatch(/<testcase classname="gameday\.small" name="seed 1"\/?>/);
  expect(xml).toContain('<failure message="nothing-lost, drained" type="fail"');
  expect(xml).toContain('<error message="availability" type="inconclusive"');
  expect(xml).toContain('<error message="The run came to no end. Out of luck" type="broken"');
  expect(xml).toContain('<skipped message="the part &quot;postgres&quot; needs &quot;sockets&quot; &amp; more"/>');
  expect(xml).toContain('Run it again: npx gameday run small --seed 44');
});

test('Markdown tells how many passed, which did not and why, and how to run the first that failed again', () => {
  const text = renderSeedsMarkdown([row(2, 'inconclusive', 'availability'), ...rows.slice(2)]);
  expect(text).toContain('## small: 0 of 10 seeds passed');
  expect(text).toContain('| fail | 17, 40..44 | nothing-lost |');
  expect(text).toContain('| inconclusive | 2, 4 | availability |');
  expect(text).toContain('Run seed 3 again:\n\n```sh\nnpx gameday run small --seed 3\n```');
  expect(text).toContain('## other: 0 of 1 seeds passed');
  expect(renderSeedsMarkdown([row(1)])).toBe('## small: 1 of 1 seeds passed\n');
});

test('no report lets through what would steer a terminal or break the document', () => {
  const hostile = [row(1, 'fail', hostileText), row(2, 'skipped', hostileText), row(3, 'broken', hostileText)];
  expect(renderSeeds(hostile, { color: false })).not.toContain('\u001b');
  for (const text of [renderSeedsJunit(hostile), renderSeedsMarkdown(hostile)])
    expect(text).not.toMatch(/\u001b|<script|<img|Bearer abcdef/);
});
