import { expect, test } from 'vitest';
import { renderHtml } from '../../reports/html.ts';
import type { ReportInput } from '../../reports/report-input.ts';
import { exampleRun } from './example-run.ts';
import { hostileText, invalidRun, withRecord } from './with-record.ts';

/** A run whose every free word comes from a hostile target. */
function hostileRun(): ReportInput {
  const { record, samples, calls } = exampleRun('failing');
  const { run, plan, ledger, verdict } = record;
  const change = {
    run: {
      ...run,
      target: hostileText,
      command: hostileText,
      interrupted: hostileText,
      versions: { [hostileText]: hostileText },
    },
    plan: {
      ...plan,
      scenario: hostileText,
      promise: hostileText,
      references: [hostileText, 'javascript:alert(3)', `https://x/"${hostileText}`],
      phases: plan.phases.map((phase) => ({ ...phase, name: hostileText })),
    },
    receipts: record.receipts.map((receipt) => ({ ...receipt, fault: hostileText, figures: { [hostileText]: 1 } })),
    ledger: { ...ledger, deadLetters: [{ id: hostileText, version: 1, atMs: null, reason: hostileText }] },
    baselineTraffic: record.baselineTraffic.map((link) => ({ ...link, name: hostileText, variables: [hostileText] })),
    telemetry: record.telemetry.map((series) => ({
      ...series,
      source: hostileText,
      labels: { [hostileText]: hostileText },
      unit: hostileText,
    })),
    processes: record.processes.map((process) => ({ ...process, died: hostileText, diedAtMs: 1 })),
    notes: [hostileText],
    verdict: {
      ...verdict,
      invalidReasons: [hostileText],
      objectives: verdict.objectives.map((objective) => ({
        ...objective,
        finding: hostileText,
        counterexamples: [hostileText],
      })),
    },
  };
  return {
    record: { ...record, ...change },
    samples: samples.map((sample) => ({ ...sample, operation: hostileText })),
    calls: calls.map((call) => ({ ...call, part: hostileText })),
  };
}

const failingPage = renderHtml(exampleRun('failing'));
const hostilePage = renderHtml(hostileRun());

test('shows verdict, scenario, promise, findings and the command', () => {
  const page = failingPage;
  for (const words of [
    'FAIL',
    'source-throttling',
    'A throttled CRM makes ingestion slower',
    '1105 of 1146 refusals',
    '--seed 7 --defect A6',
    '13.12',
    'ticket-399',
  ]) {
    expect(page).toContain(words);
  }
});

test('gives the same page for the same record', () => {
  // Not toBe: its message would be the whole page, twice.
  expect(renderHtml(exampleRun('failing')) === failingPage).toBe(true);
});

test('takes no word of a target for markup', () => {
  const page = hostilePage;
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toMatch(/<img|href="javascript:/);
  expect(page).toContain('&lt;script&gt;document.title');
});

test('shows neither credentials nor the settings of parts', () => {
  expect(hostilePage).not.toContain('abcdef0123456789');
  expect(renderHtml(exampleRun('passing'))).not.toContain('hunter2secret');
});

test('names nothing that a browser would fetch', () => {
  const page = failingPage;
  expect(page).not.toMatch(/\b(?:src|srcset|poster|action|xlink:href)=|@import|url\(\s*["']?(?!#)/);
  expect([...page.matchAll(/<link [^>]*href="([^"]*)"/g)].map(([, address]) => address)).toEqual(['data:,']);
});

test('uses every id once', () => {
  const ids = [...failingPage.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(20);
  expect(new Set(ids).size).toBe(ids.length);
});

test('stays below 1.5 MB with 6,000 samples and 20,000 calls', () => {
  const { record, samples, calls } = exampleRun('failing');
  const many = Array.from({ length: 20_000 }, (_, index) => calls[index % calls.length]).filter(
    (call) => call !== undefined,
  );
  const page = renderHtml({ record, samples: samples.slice(0, 6000), calls: many });
  expect(many).toHaveLength(20_000);
  expect(Buffer.byteLength(page)).toBeLessThan(1_500_000);
});

test('describes each chart in words with numbers', () => {
  const labels = [...failingPage.matchAll(/role="img" aria-label="([^"]*)"/g)].map(([, label]) => label ?? '');
  expect(labels.length).toBeGreaterThanOrEqual(24);
  for (const label of labels) expect(label).toMatch(/\d/);
});

test('says first why a run is invalid, and why it was interrupted', () => {
  const { record } = invalidRun('The fault never bit.');
  const page = renderHtml(withRecord({ ...record, run: { ...record.run, interrupted: 'SIGINT after 41 s' } }));
  expect(page.indexOf('The fault never bit.')).toBeLessThan(page.indexOf('id="objectives"'));
  expect(page).toContain('Interrupted: SIGINT after 41 s');
  expect(page).toContain('INVALID');
});

test('renders a run of which nothing was kept', () => {
  const { record } = exampleRun('passing');
  const empty = {
    ...record,
    receipts: [],
    ledger: { sources: {}, acknowledged: [], stored: null, deadLetters: null, backlog: [] },
    baselineTraffic: [],
    telemetry: [],
    processes: [],
    notes: [],
    verdict: { outcome: 'inconclusive' as const, invalidReasons: [], objectives: [] },
  };
  const page = renderHtml({ record: empty, samples: [], calls: [] });
  expect(page).toContain('No objective was judged.');
  expect(page).toContain('dead letters could not be read');
  expect(page).toContain('No fault was active.');
});
