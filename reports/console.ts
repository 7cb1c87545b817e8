import colors from 'picocolors';
import type { ObjectiveVerdict, RunRecord, VerdictOutcome } from '../harness/record.ts';
import { formatDuration } from '../harness/kit/durations.ts';
import { consoleTable } from './console-table.ts';
import { plainText } from './plain-text.ts';
import { receiptLine } from './receipt-line.ts';
import type { ReportInput } from './report-input.ts';
import { runConditions } from './run-conditions.ts';
import { tally, verdictWords, worstFirst } from './verdict-words.ts';

/**
 * One run for a terminal, at most 100 columns wide but for commands and paths, which stay whole so that they can be copied. The verdict
 * comes first, then why, then the details. Plain ASCII layout: it reads the same in a log file.
 */
export function renderConsole(input: ReportInput, settings: { readonly color: boolean }): string {
  const { record } = input;
  const paint = colors.createColors(settings.color);
  const blocks = [
    headline(record, settings),
    invalidReasons(record),
    objectiveTable(record, settings),
    counterexamples(record),
    list('What the faults did', record.receipts.map(receiptLine)),
    list('Notes', record.notes.map(plainText)),
    record.verdict.outcome === 'pass' ? '' : `Run it again: ${paint.bold(plainText(record.run.command))}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** The word of an outcome, coloured where colour is wanted. */
export function paintedWord(outcome: VerdictOutcome, settings: { readonly color: boolean }): string {
  const paint = colors.createColors(settings.color);
  const painters = { pass: paint.green, fail: paint.red, inconclusive: paint.yellow, invalid: paint.magenta };
  return paint.bold(painters[outcome](verdictWords[outcome].word));
}

function headline(record: RunRecord, settings: { readonly color: boolean }): string {
  const { plan, run, verdict } = record;
  const facts = [
    `target ${plainText(run.target)}${run.defect === null ? '' : ` with defect ${plainText(run.defect)}`}`,
    `seed ${plan.seed}`,
    `pace ${plan.pace}`,
    formatDuration(plan.durationMs),
    ...runConditions(record),
  ];
  const interrupted = run.interrupted === null ? [] : [`Interrupted: ${plainText(run.interrupted)}`];
  return [
    `${paintedWord(verdict.outcome, settings)}  ${plainText(plan.scenario)}: ${tally(verdict.objectives)}`,
    wrap(plainText(plan.promise), '', '').join('\n'),
    facts.join(', '),
    ...interrupted,
  ].join('\n');
}

function invalidReasons(record: RunRecord): string {
  return list('The experiment did not hold', record.verdict.invalidReasons.map(plainText));
}

function objectiveTable(record: RunRecord, settings: { readonly color: boolean }): string {
  const rows = worstFirst(record.verdict.objectives).map((objective) => [
    paintedWord(objective.outcome, settings),
    plainText(objective.name),
    finding(objective),
  ]);
  if (rows.length === 0) return 'No objective was judged.';
  return consoleTable({ head: ['verdict', 'objective', 'finding'], rows, widths: [14, 28, 58] });
}

/** The finding carries its numbers; what was asked is repeated only where it was not given. */
function finding(objective: ObjectiveVerdict): string {
  const text = plainText(objective.finding);
  const count = /\bn = \d/.test(text) ? '' : ` (n = ${objective.sampleCount})`;
  const asked = objective.outcome === 'pass' ? '' : `\nasked: ${plainText(objective.statement)}`;
  return `${text}${count}${asked}`;
}

function counterexamples(record: RunRecord): string {
  const broken = record.verdict.objectives.filter(
    ({ outcome, counterexamples: found }) => outcome === 'fail' && found.length > 0,
  );
  return broken
    .map((objective) =>
      list(`Counterexamples of ${plainText(objective.name)}`, objective.counterexamples.map(plainText)),
    )
    .join('\n\n');
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return [`${title}:`, ...items.flatMap((item) => wrap(item, '  - ', '    '))].join('\n');
}

/** Breaks at spaces so that no line is longer than 100 columns, unless one word is. */
function wrap(text: string, first: string, next: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const empty = line === first || line === next;
    if (!empty && line.length + 1 + word.length > 100) {
      lines.push(line);
      line = next + word;
    } else line += empty ? word : ` ${word}`;
  }
  return [...lines, line];
}
