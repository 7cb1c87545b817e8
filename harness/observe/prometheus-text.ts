/** One sample of a metrics page. */
export interface MetricLine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/), leaving out histogram buckets, which no
 * chart of ours shows. Lines that are not samples are passed over.
 */
export function parsePrometheusText(text: string): MetricLine[] {
  return text.split('\n').flatMap((row) => {
    const match = row.startsWith('#') ? null : line.exec(row);
    const value = Number(match?.[3]);
    if (!match?.[1] || Number.isNaN(value) || match[1].endsWith('_bucket')) return [];
    const labels = Object.fromEntries(
      [...(match[2] ?? '').matchAll(label)].map(([, key = '', quoted = '']) => [key, quoted.replace(/\\(.)/g, '$1')]),
    );
    return [{ name: match[1], labels, value }];
  });
}
