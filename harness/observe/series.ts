import type { Series } from './observations.ts';

/** Collects points of many series; `atMs` is epoch milliseconds until `since` turns it into milliseconds since the origin. */
export interface SeriesStore {
  add(
    key: { source: string; name: string; labels: Readonly<Record<string, string>>; unit: string },
    atMs: number,
    value: number,
  ): void;
  since(originMs: number): Series[];
}

export function createSeriesStore(): SeriesStore {
  const all = new Map<string, Series>();
  return {
    add: (key, atMs, value) => {
      const id = `${key.source} ${key.name} ${JSON.stringify(key.labels)}`;
      const series = all.get(id) ?? { ...key, labels: { ...key.labels }, points: [] };
      if (!all.has(id)) all.set(id, series);
      series.points.push([atMs, value]);
    },
    since: (originMs) =>
      [...all.values()].map((series) => ({
        ...series,
        points: series.points.map(([atMs, value]): [number, number] => [Math.round(atMs - originMs), value]),
      })),
  };
}
