import type { RunRecord } from '../../harness/record.ts';

/** The run cut into bins of one width, which all charts share. */
export interface TimeBins {
  readonly widthMs: number;
  readonly count: number;
  /** Where the axis ends: the end of the last bin. */
  readonly endMs: number;
  /** The bin of a moment; undefined when it lies outside the run. */
  indexOf(momentMs: number): number | undefined;
}

const widthsMs: readonly number[] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].map((width) => width * 1000);

/** Bins of one second, or wider ones where the run is so long that there would be more than 240 of them. */
export function timeBins(record: RunRecord): TimeBins {
  const lastMs = Math.max(record.plan.durationMs, ...record.receipts.map((receipt) => receipt.activeToMs), 1000);
  const widthMs = widthsMs.find((width) => lastMs / width <= 240) ?? Math.ceil(lastMs / 240_000) * 1000;
  const count = Math.ceil(lastMs / widthMs);
  return {
    widthMs,
    count,
    endMs: count * widthMs,
    indexOf: (momentMs) => {
      const index = Math.floor(momentMs / widthMs);
      return index >= 0 && index < count ? index : undefined;
    },
  };
}

/** The members of every bin, by the moment that `momentOf` gives. */
export function groupByBin<T>(
  bins: TimeBins,
  items: readonly T[],
  momentOf: (item: T) => number,
): readonly (readonly T[])[] {
  const groups: T[][] = Array.from({ length: bins.count }, () => []);
  for (const item of items) {
    const index = bins.indexOf(momentOf(item));
    if (index !== undefined) groups[index]?.push(item);
  }
  return groups;
}
