import { createHash } from 'node:crypto';
import type { RunRecord } from '../harness/record.ts';
import { callTables } from './html/call-tables.ts';
import { header } from './html/header.ts';
import { markup, trusted, type Markup } from './html/markup.ts';
import { objectiveList } from './html/objective-list.ts';
import { pageScript } from './html/page-script.ts';
import { pageStyle } from './html/page-style.ts';
import { phaseTable } from './html/phase-table.ts';
import { runTables } from './html/run-tables.ts';
import { timeline } from './html/timeline.ts';
import { plainText } from './plain-text.ts';
import type { ReportInput } from './report-input.ts';
import { verdictWords } from './verdict-words.ts';

/**
 * One self-contained HTML file. Charts are SVG drawn here, so they need no script, and take their colours from the style sheet, so one
 * drawing serves light and dark. The page forbids itself the network and every script but its own short one (copying the command, reading
 * values off the charts); without script it only lacks these two.
 */
export function renderHtml(input: ReportInput): string {
  const { record } = input;
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(contentPolicy())}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title(record)}</title>
        <link rel="icon" href="data:," />
        <style>${trusted(pageStyle)}</style>
      </head>
      <body>
        ${header(record)}
        <main>
          ${objectiveList(record)} ${timeline(input)} ${phaseTable(input)} ${runTables(record)} ${callTables(input)}
        </main>
        ${footer(record)}
        <script>${trusted(pageScript)}</script>
      </body>
    </html>
`;
  return page.markup;
}

function title({ plan, verdict }: RunRecord): string {
  return plainText(`${verdictWords[verdict.outcome].word}: ${plan.scenario}`);
}

/** The hash lets the page's own script run and no other, whatever words of a target the page shows. */
function contentPolicy(): string {
  const digest = createHash('sha256').update(pageScript).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`;
}

function footer({ run }: RunRecord): Markup {
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  return markup`<footer>
    <p>
      Run ${run.id}. ${versions.join(', ')}. Everything on this page comes from the stored record; the plan repeats
      exactly with the same seed, a real target's timing does not.
    </p>
  </footer>`;
}
