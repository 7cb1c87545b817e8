import builder, { type Builder } from 'junit-report-builder';
import type { ObjectiveVerdict, RunRecord } from '../harness/record.ts';
import { formatFigure } from './format-figure.ts';
import { plainText } from './plain-text.ts';
import { receiptLine } from './receipt-line.ts';
import type { ReportInput, SkippedRun } from './report-input.ts';

/**
 * JUnit XML: a suite per run, a case per objective. A failed objective is a `failure`. An inconclusive or invalid one is an `error`, and so
 * is one that passed in an invalid run: none of them may look like a pass to a CI server. What the experiment itself lacked is a case of its own.
 */
export function renderJunit({ record }: ReportInput): string {
  const { plan, run, verdict } = record;
  // The package is CommonJS that exports the builder itself; its types describe a default export of an ES module.
  const report = (builder as unknown as Builder).newBuilder().name('gameday');
  const suite = report
    .testSuite()
    .name(plainText(`gameday.${plan.scenario}`))
    .timestamp(timestamp(run.startedAt))
    .time(plan.durationMs / 1000);
  for (const [name, value] of properties(record)) suite.property(name, plainText(value));
  const classname = plainText(`gameday.${plan.scenario}`);
  const output = systemOut(record);
  const problems = runProblems(record);
  if (problems.length > 0) {
    suite
      .testCase()
      .className(classname)
      .name('experiment')
      .error(problems[0], 'invalid', problems.map(insideData).join('\n'))
      .standardOutput(output);
  }
  for (const objective of verdict.objectives) {
    const testCase = suite.testCase().className(classname).name(plainText(objective.name)).standardOutput(output);
    if (objective.outcome === 'fail') {
      testCase.failure(plainText(objective.finding), objective.kind).stacktrace(details(objective));
    } else if (objective.outcome !== 'pass') {
      testCase.error(plainText(objective.finding), objective.outcome, details(objective));
    } else if (verdict.invalidReasons.length > 0) {
      testCase.error(`The run is invalid: ${problems[0] ?? ''}`, 'invalid', details(objective));
    }
  }
  return report.build();
}

/** JUnit XML of a scenario that could not be run: a suite with one skipped case, which says why. */
export function renderSkippedJunit({ scenario, reason }: SkippedRun): string {
  const report = (builder as unknown as Builder).newBuilder().name('gameday');
  const name = plainText(`gameday.${scenario}`);
  const suite = report.testSuite().name(name);
  suite
    .testCase()
    .className(name)
    .name('experiment')
    .standardOutput(`Skipped: ${insideData(plainText(reason))}`)
    .skipped();
  // The library's skipped cases take no message, and that is where servers look for the reason.
  return report.build().replace('<skipped/>', () => `<skipped message="${attribute(plainText(reason))}"/>`);
}

/** What was wrong with the experiment as a whole; empty when the objectives say it all. */
function runProblems({ run, verdict }: RunRecord): string[] {
  const problems = verdict.invalidReasons.map(plainText);
  if (run.interrupted !== null) problems.push(plainText(`Interrupted: ${run.interrupted}`));
  if (verdict.objectives.length === 0) problems.push('No objective was judged.');
  const worseThanItsObjectives =
    verdict.outcome !== 'pass' && verdict.objectives.every(({ outcome }) => outcome === 'pass');
  if (problems.length === 0 && worseThanItsObjectives) problems.push(`The run as a whole is ${verdict.outcome}.`);
  return problems;
}

function properties({ plan, run }: RunRecord): [string, string][] {
  return [
    ['run', run.id],
    ['seed', String(plan.seed)],
    ['pace', plan.pace],
    ['world', run.world],
    ['target', run.target],
    ...(run.defect === null ? [] : ([['defect', run.defect]] as [string, string][])),
    ['replay', run.command],
    ...Object.entries(run.versions).map(([name, version]): [string, string] => [`version.${name}`, version]),
  ];
}

function details(objective: ObjectiveVerdict): string {
  return [
    objective.finding,
    `asked: ${objective.statement}`,
    ...objective.figures.map(formatFigure),
    `observations: ${objective.sampleCount}`,
    ...objective.counterexamples.map((example) => `counterexample: ${example}`),
  ]
    .map((line) => insideData(plainText(line)))
    .join('\n');
}

function systemOut(record: RunRecord): string {
  return [`Run it again: ${plainText(record.run.command)}`, ...record.receipts.map(receiptLine)]
    .map(insideData)
    .join('\n');
}

/** The schema wants ISO 8601 in UTC without a zone and without fractions. */
function timestamp(startedAt: string): string {
  return plainText(startedAt).replace(/(\.\d+)?Z$/, '');
}

/** The library hides only the first end mark of a data section; a second one would break the document. */
export function insideData(text: string): string {
  return text.replaceAll(']]>', ']] >');
}

/** Text as the value of an attribute. */
export function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
