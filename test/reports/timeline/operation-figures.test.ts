import { expect, test } from 'vitest';
import type { Outcome, Sample } from '../../../harness/record.ts';
import { operationFigures, operationTotals } from '../../../reports/timeline/operation-figures.ts';

function sample(outcome: Outcome, times: { firstTokenMs?: number; doneMs?: number } = {}): Sample {
  return {
    id: '0'.repeat(32),
    operation: 'ask',
    workClass: 'interactive',
    dueMs: 1000,
    sentMs: 1200,
    firstTokenMs: times.firstTokenMs ?? null,
    doneMs: times.doneMs ?? null,
    deadlineMs: 3000,
    outcome,
    tokens: 0,
    correct: null,
  };
}

const good = sample({ kind: 'good', degraded: false }, { firstTokenMs: 1500, doneMs: 1900 });
const degraded = sample({ kind: 'good', degraded: true }, { firstTokenMs: 1300, doneMs: 1400 });
const shed = sample({ kind: 'shed', status: 429, retryAfterMs: 1000 }, { doneMs: 1005 });
const failed = sample({ kind: 'failed', code: 'deadline' });
const unknown = sample({ kind: 'unknown', code: 'timeout' });
const dropped = sample({ kind: 'dropped', code: 'no socket' });

test('counts each sample once, and calls lost and unknown ones failed', () => {
  const all = [good, degraded, shed, failed, unknown, dropped];
  expect(operationFigures(all)).toMatchObject({ offered: 6, good: 2, degraded: 1, shed: 1, failed: 3 });
});

test('counts latency from when a request was due, not from when it was sent', () => {
  expect(operationFigures([good]).completionMs.p50).toBe(900);
  expect(operationFigures([good]).firstTokenMs.p50).toBe(500);
});

test('counts what was never answered as infinitely slow, and leaves what was shed out', () => {
  expect(operationFigures([good, shed, shed, shed]).completionMs.p99).toBe(900);
  expect(operationFigures([good, dropped]).completionMs).toEqual({ p50: 900, p95: Infinity, p99: Infinity });
});

test('has no time to first token where nothing is streamed, and no quantile of nothing', () => {
  expect(operationFigures([sample({ kind: 'good', degraded: false }, { doneMs: 1100 })]).firstTokenMs.p50).toBeNull();
  expect(operationFigures([]).completionMs).toEqual({ p50: null, p95: null, p99: null });
});

test('writes what nothing reached as null in the totals', () => {
  expect(operationTotals([good, failed])).toMatchObject([
    { operation: 'ask', completionMs: { p50: 900, p95: null, p99: null } },
  ]);
});
