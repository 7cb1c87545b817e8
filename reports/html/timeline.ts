import { formatDuration } from '../../harness/kit/durations.ts';
import { formatMoment } from '../format-figure.ts';
import type { ReportInput } from '../report-input.ts';
import { answerCharts } from '../timeline/answer-charts.ts';
import type { Chart, ChartSeries, Span } from '../timeline/chart.ts';
import { drawChart, margins } from '../timeline/draw-chart.ts';
import { drawStrip } from '../timeline/draw-strip.ts';
import { faultSpans, phaseSpans } from '../timeline/spans.ts';
import { telemetryCharts } from '../timeline/telemetry-charts.ts';
import { timeBins } from '../timeline/time-bins.ts';
import { attemptCharts, backlogChart } from '../timeline/world-charts.ts';
import { markup, nothing, trusted, type Markup } from './markup.ts';

// Each panel is drawn for three widths and the style sheet shows one: scaled-down text would be unreadable on a phone.
const sizes = [
  { name: 'wide', widthPx: 1080, heightPx: 132 },
  { name: 'middle', widthPx: 680, heightPx: 132 },
  { name: 'narrow', widthPx: 340, heightPx: 132 },
] as const;

interface Frame {
  readonly endMs: number;
  readonly spans: readonly Span[];
}

/** Charts on one time axis: what callers saw, then what went on inside the world. */
export function timeline({ record, samples, calls }: ReportInput): Markup {
  const bins = timeBins(record);
  const faults = faultSpans(record);
  const phases = phaseSpans(record);
  const frame = { endMs: bins.endMs, spans: [...phases.filter(({ kind }) => kind !== 'fault'), ...faults] };
  const outside = answerCharts(samples, bins);
  const inside = [...backlogChart(record), ...attemptCharts(calls, bins), ...telemetryCharts(record.telemetry)];
  return markup`<section
    aria-labelledby="timeline"
    class="timeline"
    data-end="${bins.endMs}"
    data-left="${margins.left}"
    data-right="${margins.right}"
  >
    <h2 id="timeline">Timeline</h2>
    <p class="quiet">
      Times count from the start of the load. Each value covers ${formatDuration(bins.widthMs)}. Shaded: the faults as they really were.<span id="pointing" hidden> Point at a chart to read all of them at one moment.</span>
    </p>
    ${strip({ phases, faults }, frame)} ${key(faults)}
    ${group('What callers saw, by the moment a request was due', outside, frame)}
    ${group('Inside the world', inside, frame)}
  </section>`;
}

function group(title: string, charts: readonly Chart[], frame: Frame): Markup {
  if (charts.length === 0) return nothing;
  return markup`<h3 class="group">${title}</h3>
    ${charts.map((chart) => panel(chart, frame))}`;
}

function panel(chart: Chart, frame: Frame): Markup {
  const drawings = sizes.map(({ name, ...size }) =>
    drawing({
      name,
      label: `${chart.title}. ${chart.description}`,
      svg: drawChart(chart, { ...frame, ...size, prefix: `${chart.id}-${name}` }),
    }),
  );
  const unit = chart.scale === 'logarithmic' ? `${chart.unit}, logarithmic` : chart.unit;
  return markup`<figure class="panel" id="${chart.id}" data-points="${pointsOf(chart)}" data-unit="${chart.unit}">
    <figcaption>
      <span class="panel-title">${chart.title}</span> <span class="quiet">${unit}</span>${legend(chart)}
    </figcaption>
    ${drawings}${chart.note === undefined ? nothing : markup`<p class="note">${chart.note}</p>`}
  </figure> `;
}

function drawing(one: { name: string; label: string; svg: string }): Markup {
  return markup`<div class="drawing ${one.name}" role="img" aria-label="${one.label}">${trusted(one.svg)}</div>`;
}

function legend(chart: Chart): Markup {
  const items = chart.series.map((series) => markup`<li>${swatch(series)}${series.name}<output></output></li>`);
  return markup`<ul class="legend">
    ${items}
  </ul>`;
}

function swatch({ colour, stacked, stroke }: ChartSeries): Markup {
  return markup`<span
    class="swatch ${stacked === true ? 'fill' : (stroke ?? 'solid')}"
    data-colour="${colour}"
    aria-hidden="true"
  ></span>`;
}

function strip(rows: { phases: readonly Span[]; faults: readonly Span[] }, frame: Frame): Markup {
  const label = `Phases: ${inWords(rows.phases)}. Faults: ${rows.faults.length === 0 ? 'none was active' : inWords(rows.faults)}.`;
  const drawings = sizes.map(({ name, widthPx }) =>
    drawing({ name, label, svg: drawStrip(rows, { ...frame, widthPx, heightPx: 50, prefix: `strip-${name}` }) }),
  );
  return markup`<div class="strip">${drawings}</div>`;
}

function key(faults: readonly Span[]): Markup {
  if (faults.length === 0) return nothing;
  const items = faults.map(
    ({ label, startMs, endMs }) => markup`<li><b>${label}</b> ${formatMoment(startMs)} to ${formatMoment(endMs)}</li>`,
  );
  return markup`<ul class="key" aria-label="Faults">
    ${items}
  </ul>`;
}

function inWords(spans: readonly Span[]): string {
  return spans
    .map(({ label, startMs, endMs }) => `${label} ${formatMoment(startMs)} to ${formatMoment(endMs)}`)
    .join(', ');
}

/** What the page's script reads off: per series pairs of [seconds, value], rounded to what a person reads. */
function pointsOf(chart: Chart): string {
  const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(4)));
  return JSON.stringify(
    chart.series.map(({ points }) => points.map(([atMs, value]) => [Math.round(atMs / 100) / 10, rounded(value)])),
  );
}
