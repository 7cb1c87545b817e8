import { createHash } from 'node:crypto';
import type { StoredRun } from './run-folder.ts';

/** What happened in a run, a line of JSON each, in the order of time. The same run has the same lines, byte for byte. */
export function eventLog({ record, samples, calls }: Omit<StoredRun, 'folder'>): readonly string[] {
  const events = [
    ...samples.map((sample) => ({ atMs: sample.dueMs, event: 'request' as const, ...sample })),
    ...calls.map((call) => ({ atMs: call.receivedMs, event: 'call' as const, ...call })),
    ...record.receipts.map((receipt) => ({ atMs: receipt.activeFromMs, event: 'fault' as const, ...receipt })),
    ...Object.entries(record.ledger.sources).flatMap(([source, items]) =>
      items.map((item) => ({ ...item, atMs: item.atMs ?? 0, event: 'change' as const, source })),
    ),
    ...(record.ledger.stored ?? []).map((item) => ({ ...item, atMs: item.atMs ?? 0, event: 'stored' as const })),
  ];
  // Sorting keeps the order of those at one time, so it is as much a part of the log as the rest.
  return events.toSorted((left, right) => left.atMs - right.atMs).map((event) => JSON.stringify(event));
}

/** SHA-256 of a log, in hexadecimal digits. */
export function hashOf(log: readonly string[]): string {
  return createHash('sha256').update(log.join('\n')).digest('hex');
}

/** What tells whether two runs are the same: the SHA-256 of what happened in them, in hexadecimal digits. */
export function eventLogHash(run: Omit<StoredRun, 'folder'>): string {
  return hashOf(eventLog(run));
}

/** The first line, counted from 0, in which two logs differ; null when they are the same. */
export function firstDifference(left: readonly string[], right: readonly string[]): number | null {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index++) if (left[index] !== right[index]) return index;
  return null;
}
