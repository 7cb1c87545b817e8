import type { ObjectiveVerdict, RunRecord } from '../harness/record.ts';
import { formatDuration } from '../harness/kit/durations.ts';
import { formatFigure } from './format-figure.ts';
import { plainText } from './plain-text.ts';
import { receiptLine } from './receipt-line.ts';
import type { ReportInput, SkippedRun } from './report-input.ts';
import { runConditions } from './run-conditions.ts';
import { tally, verdictWords, worstFirst } from './verdict-words.ts';

/** GitHub-flavoured Markdown for a job summary or a pull request. Everything from the record is escaped: it is shown, never obeyed. */
export function renderMarkdown({ record }: ReportInput): string {
  const { plan, verdict } = record;
  const { word, symbol, meaning } = verdictWords[verdict.outcome];
  const blocks = [
    `## ${escape(symbol)} ${word}: ${escape(plan.scenario)}`,
    `> ${escape(plan.promise)}`,
    `**${word}**: ${meaning}; ${tally(verdict.objectives)}.`,
    section('The experiment did not hold', verdict.invalidReasons.map(escape)),
    objectiveTable(verdict.objectives),
    ...verdict.objectives.filter(({ outcome }) => outcome === 'fail').map(counterexamples),
    section(
      'What the faults did',
      record.receipts.map((receipt) => escape(receiptLine(receipt))),
    ),
    section('Notes', record.notes.map(escape)),
    `Run it again:\n\n${codeBlock(plainText(record.run.command))}`,
    facts(record),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** Markdown of a scenario that could not be run, with the reason. */
export function renderSkippedMarkdown({ scenario, reason }: SkippedRun): string {
  return `## - SKIPPED: ${escape(scenario)}\n\n**SKIPPED**: ${escape(reason)}. Nothing was judged; it is not counted as passed.\n`;
}

function objectiveTable(objectives: readonly ObjectiveVerdict[]): string {
  const rows = worstFirst(objectives).map((objective) => {
    const { symbol, word } = verdictWords[objective.outcome];
    const figures = objective.figures.map((figure) => escape(formatFigure(figure))).join('<br>');
    const cells = [
      `${escape(symbol)} ${word}`,
      `**${escape(objective.name)}**<br>${escape(objective.statement)}`,
      escape(objective.finding),
      figures,
      String(objective.sampleCount),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| verdict | objective | finding | figures | n |', '| --- | --- | --- | --- | ---: |', ...rows].join('\n');
}

function counterexamples(objective: ObjectiveVerdict): string {
  return section(`Counterexamples of ${escape(objective.name)}`, objective.counterexamples.map(escape));
}

function section(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `### ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`;
}

function facts(record: RunRecord): string {
  const { plan, run, lateness } = record;
  const conditions = runConditions(record);
  const pairs: [string, string][] = [
    ['target', run.defect === null ? run.target : `${run.target} with defect ${run.defect}`],
    ['seed', String(plan.seed)],
    ['pace', plan.pace],
    ['world', run.world],
    ...(conditions.length === 0 ? [] : [['conditions', conditions.join(', ')] as [string, string]]),
    ['duration', formatDuration(plan.durationMs)],
    ['started', run.startedAt],
    ['load generator late by (p99)', formatDuration(lateness.p99Ms)],
    ...Object.entries(run.versions),
  ];
  const rows = pairs.map(([name, value]) => `| ${escape(name)} | ${escape(value)} |`);
  return ['<details><summary>Run facts</summary>', '', '| | |', '| --- | --- |', ...rows, '', '</details>'].join('\n');
}

/** A fence longer than any run of back-ticks in the text, so that the text cannot close it. */
export function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${text}\n${fence}`;
}

/** Every character that Markdown, HTML or GitHub's mentions could take as more than itself. */
export function escape(text: string): string {
  return plainText(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/^-/, '\\-')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}
