import type { MeasureOptions, MarkOptions } from 'node:perf_hooks';

/** What `performance` says of time, counted from `originMs`. Its other figures are of the process, and stay what they are. */
export function virtualPerformance(originMs: number, elapsedMs: () => number): Readonly<Record<string, unknown>> {
  const { performance } = globalThis;
  const mark = performance.mark.bind(performance);
  const measure = performance.measure.bind(performance);
  const measured = (given?: string | MeasureOptions, end?: string): MeasureOptions => {
    const asked = typeof given === 'object' ? given : { ...(given && { start: given }), ...(end && { end }) };
    const isDecided = asked.end !== undefined || (asked.start !== undefined && asked.duration !== undefined);
    return isDecided ? asked : { ...asked, end: elapsedMs() };
  };
  return {
    now: elapsedMs,
    timeOrigin: originMs,
    mark: (name: string, options: MarkOptions = {}) => mark(name, { startTime: elapsedMs(), ...options }),
    measure: (name: string, given?: string | MeasureOptions, end?: string) => measure(name, measured(given, end)),
  };
}
