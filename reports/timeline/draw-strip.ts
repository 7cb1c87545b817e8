import type { Span } from './chart.ts';
import { drawOption, frame, margins, plotGrid, type DrawSettings } from './draw-chart.ts';

/** The rows of the strip above the panels: the phases as planned, and below them the faults as they really were. */
export function drawStrip(
  rows: { readonly phases: readonly Span[]; readonly faults: readonly Span[] },
  settings: DrawSettings,
): string {
  const plotPx = settings.widthPx - margins.left - margins.right;
  const blocks = [
    ...rows.phases.map((span) => block(span, { from: 1.08, to: 2, plotPx, endMs: settings.endMs })),
    ...rows.faults.map((span) => block(span, { from: 0, to: 0.92, plotPx, endMs: settings.endMs })),
  ];
  const option = {
    ...frame(settings),
    grid: plotGrid({ top: 2, bottom: 2 }),
    xAxis: { type: 'value', min: 0, max: settings.endMs, show: false },
    yAxis: {
      type: 'value',
      min: 0,
      max: 2,
      interval: 0.5,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: 'var(--quiet)', fontSize: settings.widthPx < 500 ? 12 : 11, margin: 6, formatter: rowName },
      splitLine: { show: false },
    },
    series: [{ type: 'line', data: [], silent: true, markArea: { silent: true, data: blocks } }],
  };
  return drawOption(option, settings);
}

function rowName(value: number): string {
  if (value === 1.5) return 'plan';
  return value === 0.5 ? 'faults' : '';
}

function block(span: Span, place: { from: number; to: number; plotPx: number; endMs: number }): object[] {
  const widthPx = ((span.endMs - span.startMs) / place.endMs) * place.plotPx;
  return [
    {
      name: fitted(span.label, widthPx),
      xAxis: span.startMs,
      yAxis: place.from,
      itemStyle: { color: `var(--strip-${span.kind})`, borderColor: 'var(--page)', borderWidth: 1 },
      label: { color: 'var(--ink)', position: 'inside', fontSize: 11 },
    },
    { xAxis: span.endMs, yAxis: place.to },
  ];
}

/** As much of a label as fits, at about 6.2 px a letter; the key below the strip has it whole. */
function fitted(label: string, widthPx: number): string {
  const letters = Math.floor((widthPx - 6) / 6.2);
  if (label.length <= letters) return label;
  return letters < 4 ? '' : `${label.slice(0, letters - 1)}…`;
}
