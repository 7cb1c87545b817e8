import type { Clock } from '../kit/clock.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import type { SeriesStore } from './series.ts';

/** A metrics page to read again and again. */
export interface ScrapeTarget {
  readonly source: string;
  readonly read: () => Promise<string>;
}

/** Reads each page every `everyMs` until stopped. A page that cannot be read leaves a gap: missing data is for the judge to see. */
export function startScraper(
  clock: Clock,
  targets: readonly ScrapeTarget[],
  store: SeriesStore,
  everyMs = 1000,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const loops = targets.map(async (target) => {
    while (!ending.signal.aborted) {
      const atMs = clock.now();
      await target
        .read()
        .then((text) => {
          for (const { name, labels, value } of parsePrometheusText(text))
            store.add({ source: target.source, name, labels, unit: '' }, atMs, value);
        })
        .catch(() => undefined);
      await clock.sleep(Math.max(0, atMs + everyMs - clock.now()), ending.signal).catch(() => undefined);
    }
  });
  return {
    stop: async () => {
      ending.abort();
      await Promise.all(loops);
    },
  };
}
