import type { RunRecord } from '../../harness/record.ts';
import type { Span } from './chart.ts';

/** The phases as planned. */
export function phaseSpans(record: RunRecord): readonly Span[] {
  return record.plan.phases.map(({ kind, name, startMs, endMs }) => ({ kind, label: name, startMs, endMs }));
}

/** The faults as they really were, by their receipts. */
export function faultSpans(record: RunRecord): readonly Span[] {
  return record.receipts.map(({ fault, activeFromMs, activeToMs }) => ({
    kind: 'fault',
    label: fault,
    startMs: activeFromMs,
    endMs: activeToMs,
  }));
}
