import type { Sample } from '../../harness/record.ts';

export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** How a set of operations ended. */
export interface OperationFigures {
  readonly offered: number;
  /** Good answers, degraded ones included. */
  readonly good: number;
  readonly degraded: number;
  readonly shed: number;
  /** Failed, of unknown end, or never sent. */
  readonly failed: number;
  readonly firstTokenMs: Quantiles;
  readonly completionMs: Quantiles;
}

/** Counts and latencies of `samples`. Latency runs from when a request was due. What was shed has none; what was never answered is infinitely slow. */
export function operationFigures(samples: readonly Sample[]): OperationFigures {
  const count = (matches: (sample: Sample) => boolean): number => samples.filter(matches).length;
  const answered = samples.filter((sample) => sample.outcome.kind !== 'shed');
  const streamed = answered.some((sample) => sample.firstTokenMs !== null);
  const good = count(({ outcome }) => outcome.kind === 'good');
  const shed = samples.length - answered.length;
  return {
    offered: samples.length,
    good,
    degraded: count(({ outcome }) => outcome.kind === 'good' && outcome.degraded),
    shed,
    failed: samples.length - good - shed,
    firstTokenMs: streamed ? quantiles(answered.map(firstTokenLatencyMs)) : { p50: null, p95: null, p99: null },
    completionMs: quantiles(answered.map(completionLatencyMs)),
  };
}

/** The same for each operation of a run; a quantile that nothing reached is null. */
export function operationTotals(samples: readonly Sample[]): (OperationFigures & { operation: string })[] {
  return operationNames(samples).map((operation) => {
    const figures = operationFigures(samples.filter((sample) => sample.operation === operation));
    return {
      operation,
      ...figures,
      firstTokenMs: finite(figures.firstTokenMs),
      completionMs: finite(figures.completionMs),
    };
  });
}

/** In alphabetical order. */
export function operationNames(samples: readonly Sample[]): readonly string[] {
  return [...new Set(samples.map((sample) => sample.operation))].toSorted();
}

function firstTokenLatencyMs(sample: Sample): number {
  return sample.firstTokenMs === null ? Infinity : sample.firstTokenMs - sample.dueMs;
}

function completionLatencyMs(sample: Sample): number {
  return sample.outcome.kind !== 'good' || sample.doneMs === null ? Infinity : sample.doneMs - sample.dueMs;
}

/** By nearest rank, so that every value shown was measured. */
function quantiles(latenciesMs: readonly number[]): Quantiles {
  const sorted = latenciesMs.toSorted((left, right) => (left === right ? 0 : left - right));
  const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function finite(values: Quantiles): Quantiles {
  const known = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
  return { p50: known(values.p50), p95: known(values.p95), p99: known(values.p99) };
}
