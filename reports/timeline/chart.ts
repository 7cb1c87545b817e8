/** One line or layer of a chart: a value per bin, or free points; null = nothing there. */
export interface ChartSeries {
  readonly name: string;
  /** A CSS variable of the page's palette, without the dashes: `good`, `line-1`. */
  readonly colour: string;
  /** Pairs of [milliseconds since the origin, value]. */
  readonly points: readonly (readonly [number, number | null])[];
  /** Drawn on top of the layers before it, filled. Otherwise a line. */
  readonly stacked?: boolean;
  /** Tells lines apart without colour. */
  readonly stroke?: 'solid' | 'dashed' | 'dotted';
}

/** One panel of the timeline. All panels share the time axis. */
export interface Chart {
  /** Unique on the page; letters, digits and hyphens. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly scale: 'linear' | 'logarithmic';
  readonly series: readonly ChartSeries[];
  /** What it shows, in a sentence with numbers, for those who cannot see it. */
  readonly description: string;
  /** How to read it, where that is not obvious. */
  readonly note?: string;
}

/** A stretch of time that is shaded in every panel. */
export interface Span {
  readonly kind: 'warm-up' | 'baseline' | 'fault' | 'recovery';
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
}
