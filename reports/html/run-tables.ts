import type { RunRecord } from '../../harness/record.ts';
import { formatDuration } from '../../harness/kit/durations.ts';
import { formatBytes, formatMoment, formatNumber } from '../format-figure.ts';
import { labelText, telemetryRanges } from '../timeline/telemetry-charts.ts';
import { dataTable, folded } from './data-table.ts';
import { markup, nothing, type Markup } from './markup.ts';

const deadLettersShown = 50;

/** What was injected and what the run left behind: receipts, dead letters, links, processes, notes. */
export function runTables(record: RunRecord): Markup {
  return markup`${receipts(record)}${deadLetters(record)}${notes(record)}
    <section aria-labelledby="world">
      <h2 id="world">World</h2>
      ${links(record)}${processes(record)}${lateness(record)}${folded(`All telemetry (${record.telemetry.length} series)`, telemetry(record))}${references(record)}
    </section>`;
}

function receipts({ plan, receipts: all }: RunRecord): Markup {
  const summaryOf = (name: string): string => plan.faults.find((fault) => fault.name === name)?.summary ?? '';
  const rows = all.map((receipt) => [
    receipt.fault,
    receipt.part,
    `${formatMoment(receipt.activeFromMs)} to ${formatMoment(receipt.activeToMs)}`,
    receipt.ended,
    receipt.altered === 0 ? '0, it never bit' : formatNumber(receipt.altered),
    formatNumber(receipt.seen),
    Object.entries(receipt.figures)
      .map(([name, value]) => `${name} ${formatNumber(value)}`)
      .join(', '),
    summaryOf(receipt.fault),
  ]);
  const columns = [
    { title: 'fault' },
    { title: 'part' },
    { title: 'active' },
    { title: 'ended' },
    { title: 'altered', number: true },
    { title: 'of', number: true },
    { title: 'figures', prose: true },
    { title: 'what it does', prose: true },
  ];
  const content =
    rows.length === 0
      ? markup`<p>No fault was active.</p>`
      : dataTable({ caption: 'What each fault really did', columns, rows });
  return markup`<section aria-labelledby="receipts">
    <h2 id="receipts">Receipts</h2>
    ${content}
  </section>`;
}

function deadLetters({ ledger }: RunRecord): Markup {
  const letters = ledger.deadLetters;
  if (letters === null)
    return markup`<section aria-labelledby="dead">
      <h2 id="dead">Dead letters</h2>
      <p>The target's dead letters could not be read.</p>
    </section>`;
  const rows = letters
    .slice(0, deadLettersShown)
    .map(({ id, version, atMs, reason }) => [id, String(version), atMs === null ? 'n/a' : formatMoment(atMs), reason]);
  const more =
    letters.length > deadLettersShown
      ? markup`<p class="quiet">${letters.length - deadLettersShown} more are in the record.</p>`
      : nothing;
  const content =
    rows.length === 0
      ? markup`<p>None: the target put nothing aside.</p>`
      : markup`${dataTable({ caption: `${letters.length} put aside by the target`, columns: [{ title: 'document' }, { title: 'version', number: true }, { title: 'at' }, { title: 'reason', prose: true }], rows })}${more}`;
  return markup`<section aria-labelledby="dead">
    <h2 id="dead">Dead letters</h2>
    ${content}
  </section>`;
}

function notes(record: RunRecord): Markup {
  if (record.notes.length === 0) return nothing;
  return markup`<section aria-labelledby="notes">
    <h2 id="notes">Notes</h2>
    <ul>
      ${record.notes.map((note) => markup`<li>${note}</li>`)}
    </ul>
  </section>`;
}

function links({ baselineTraffic }: RunRecord): Markup {
  const rows = baselineTraffic.map((link) => [
    link.name,
    `${link.from} to ${link.to}`,
    link.connections === 0 ? '0, never used' : formatNumber(link.connections),
    formatBytes(link.bytesToPart),
    formatBytes(link.bytesFromPart),
    link.variables.join(', '),
  ]);
  const columns = [
    { title: 'link' },
    { title: 'way' },
    { title: 'connections', number: true },
    { title: 'to the part', number: true },
    { title: 'from the part', number: true },
    { title: 'told by' },
  ];
  return dataTable({ caption: 'What every link had carried at the end of the baseline', columns, rows });
}

function processes(record: RunRecord): Markup {
  const rows = record.processes.map(({ name, died, diedAtMs, output }) => {
    const end =
      died === null
        ? 'stopped by the harness'
        : `died: ${died}${diedAtMs === null ? '' : ` at ${formatMoment(diedAtMs)}`}`;
    return [name, end, output ?? 'none'];
  });
  return dataTable({
    caption: 'Processes',
    columns: [{ title: 'process' }, { title: 'end' }, { title: 'output, in the run\u2019s folder' }],
    rows,
  });
}

function lateness(record: RunRecord): Markup {
  const { count, p50Ms, p99Ms, maxMs } = record.lateness;
  return markup`<p>
    The load generator sent ${formatNumber(count)} requests. They left late by ${formatDuration(p50Ms)} (p50),
    ${formatDuration(p99Ms)} (p99), ${formatDuration(maxMs)} (at most).
  </p>`;
}

function telemetry(record: RunRecord): Markup {
  const rows = telemetryRanges(record).map(({ series, least, most, last }) => [
    `${series.name}${labelText(series.labels)}`,
    series.source,
    series.unit,
    ...[least, most, last].map(formatNumber),
  ]);
  const columns = [
    { title: 'series' },
    { title: 'source' },
    { title: 'unit' },
    ...['least', 'most', 'last'].map((title) => ({ title, number: true })),
  ];
  return dataTable({ caption: 'Telemetry over the whole run', columns, rows });
}

/** Only web addresses become links: any other scheme could run something. */
function references({ plan }: RunRecord): Markup {
  if (plan.references.length === 0) return nothing;
  const items = plan.references.map((reference) =>
    /^https?:\/\//.test(reference)
      ? markup`<li><a href="${reference}" rel="noreferrer">${reference}</a></li>`
      : markup`<li>${reference}</li>`,
  );
  return markup`<h3>Where the expectations come from</h3>
    <ul class="references">
      ${items}
    </ul>`;
}
