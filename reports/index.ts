import { renderConsole } from './console.ts';
import { renderHtml } from './html.ts';
import { renderJson } from './json.ts';
import { renderJunit, renderSkippedJunit } from './junit.ts';
import { renderMarkdown, renderSkippedMarkdown } from './markdown.ts';
import type { ReportInput, SkippedRun } from './report-input.ts';
import type { SeedRow } from './seed-row.ts';
import { renderSeedsJunit } from './seeds-junit.ts';
import { renderSeedsMarkdown } from './seeds-markdown.ts';
import { renderSeeds } from './seeds.ts';

export { runConditions } from './run-conditions.ts';
export { renderSummary } from './run-summary.ts';
export { renderSeeds };
export type { SeedRow } from './seed-row.ts';
export type { ReportInput, SkippedRun } from './report-input.ts';

export type ReporterName = 'console' | 'json' | 'junit' | 'markdown' | 'html';

export interface Reporter {
  /** The name of its file in the run's folder; null = it goes to the terminal. */
  readonly fileName: string | null;
  /** `color` matters to the terminal only. */
  render(input: ReportInput, settings: { readonly color: boolean }): string;
  /** The report of a scenario that was skipped; absent where the format has none. */
  readonly renderSkipped?: (skipped: SkippedRun) => string;
}

/** Every reporter by the name that `--reporter` takes, in the order in which they are written. */
export const reporters: Readonly<Record<ReporterName, Reporter>> = {
  console: { fileName: null, render: renderConsole },
  json: { fileName: 'summary.json', render: renderJson },
  junit: { fileName: 'junit.xml', render: renderJunit, renderSkipped: renderSkippedJunit },
  markdown: { fileName: 'summary.md', render: renderMarkdown, renderSkipped: renderSkippedMarkdown },
  html: { fileName: 'report.html', render: renderHtml },
};

export interface SeedReporter {
  /** The name of its file in the folder of the runs; null = it goes to the terminal. */
  readonly fileName: string | null;
  render(rows: readonly SeedRow[], settings: { readonly color: boolean }): string;
}

/** The reporters of many seeds. The others show the record of one run. */
export const seedReporters: Readonly<Partial<Record<ReporterName, SeedReporter>>> = {
  console: { fileName: null, render: renderSeeds },
  junit: { fileName: 'seeds-junit.xml', render: renderSeedsJunit },
  markdown: { fileName: 'seeds.md', render: renderSeedsMarkdown },
};
