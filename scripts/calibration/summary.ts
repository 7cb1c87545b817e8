import { wilsonLower, wilsonUpper } from '../../harness/judge/statistics/wilson.ts';
import { jobsOf, type Cell } from './cells.ts';
import type { Line, ResultsFile } from './results-file.ts';

const leastCaught = 0.95;
/** Two-sided 95 %. */
const z = 1.959964;
const outcomes = ['pass', 'fail', 'inconclusive', 'invalid', 'broken'] as const;

export interface Summary {
  /** A table in Markdown, and a list of alarms below it. */
  readonly markdown: string;
  /** Why the calibration did not succeed, a line each; empty when it did. */
  readonly problems: readonly string[];
}

interface Tally {
  readonly cell: Cell;
  readonly lines: readonly Line[];
  readonly caught: number;
}

/** What the results say about the judges: how often a defect is caught, and how often what is healthy is flagged. */
export function summarize(cells: readonly Cell[], results: ResultsFile, twice: boolean): Summary {
  const tallies = cells.map((cell) => tallyOf(cell, results));
  const differing = twice ? cells.flatMap((cell) => differingHashes(cell, results)) : [];
  return {
    markdown: [...extentOf(tallies, results), '', tableOf(tallies), ...alarmsOf(tallies)].join('\n'),
    problems: [...tallies.flatMap(problemsOf), ...differing],
  };
}

function tallyOf(cell: Cell, results: ResultsFile): Tally {
  const lines = jobsOf(cell).flatMap((job) => results.get(job, 1) ?? []);
  // A failure by an objective in an experiment that did not hold would prove nothing.
  const isCaught = ({ outcome, failed }: Line): boolean =>
    outcome === 'fail' && failed.some((name) => cell.caughtBy.includes(name));
  return { cell, lines, caught: lines.filter(isCaught).length };
}

/** How much of what was asked for has been run, by which code, and how much of it twice. */
function extentOf(tallies: readonly Tally[], results: ResultsFile): string[] {
  const lines = tallies.flatMap((tally) => tally.lines);
  const asked = tallies.reduce((sum, { cell }) => sum + cell.seeds.length, 0);
  const repeated = lines.flatMap((line) => {
    const second = results.get(line, 2);
    return second ? [second.hash === line.hash] : [];
  });
  const same = repeated.filter((isSame) => isSame).length;
  const earlier = lines.filter(({ holdsFor }) => holdsFor !== undefined).length;
  return [
    `${lines.length} of ${asked} runs done${lines.length < asked ? '; the rest is still to be run' : ''}.`,
    ...(earlier === 0
      ? []
      : [
          `${earlier} of them by earlier code: of each cell one run was done anew, and has the same event log and verdict.`,
        ]),
    ...(repeated.length === 0
      ? []
      : [`${repeated.length} were done a second time, in another process: ${same} have the same event log.`]),
  ];
}

function tableOf(tallies: readonly Tally[]): string {
  const head = ['scenario', 'share of its requests', 'defect', 'runs', ...outcomes, 'caught by', 'share caught (95 % interval)'];
  const rows = tallies.map(({ cell, lines, caught }) => [
    cell.scenario,
    cell.rate === 1 ? 'all' : String(cell.rate),
    cell.defect ?? 'none',
    String(lines.length),
    ...outcomes.map((outcome) => String(lines.filter((line) => columnOf(line) === outcome).length)),
    cell.caughtBy.join(', ') || 'nothing',
    cell.caughtBy.length === 0 ? '' : shareOf(caught, lines.length),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What was skipped came to no verdict, like what broke. */
function columnOf({ outcome }: Line): (typeof outcomes)[number] {
  return outcome === 'skipped' ? 'broken' : outcome;
}

function shareOf(caught: number, count: number): string {
  if (count === 0) return 'no run';
  const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
  const seen = { bad: caught, count };
  return `${percent(caught / count)} (${percent(wilsonLower(seen, z))} to ${percent(wilsonUpper(seen, z))})`;
}

/** Everything healthy that did not pass: a defect of the workload, or of a judge. */
function alarmsOf(tallies: readonly Tally[]): string[] {
  const alarms = tallies
    .filter(({ cell }) => cell.caughtBy.length === 0)
    .flatMap(({ cell, lines }) => lines.filter((line) => isAlarm(cell, line)));
  if (alarms.length === 0) return ['', 'No alarm: nothing healthy was flagged.'];
  const described = alarms.map((line) => {
    const what = [...line.failed, ...line.invalidReasons, ...(line.why === undefined ? [] : [line.why])].join('; ');
    const defect = line.defect === null ? '' : ` with ${line.defect}`;
    return `- ${line.scenario}${defect}, seed ${line.seed}: ${line.outcome}${what === '' ? '' : ` (${what.replaceAll('\n', ' ')})`}`;
  });
  return ['', 'Alarms, of what is healthy:', '', ...described];
}

/** A healthy twin may be too close to its limit for a pass. */
function isAlarm({ defect }: Cell, { outcome }: Line): boolean {
  return outcome !== 'pass' && !(defect !== null && outcome === 'inconclusive');
}

function problemsOf({ cell, lines, caught }: Tally): string[] {
  const { scenario, defect, caughtBy } = cell;
  const name = `${scenario}${defect === null ? '' : ` with ${defect}`}`;
  if (caughtBy.length > 0) {
    if (lines.length === 0 || caught / lines.length >= leastCaught) return [];
    return [`${name}: caught in ${caught} of ${lines.length} runs, less than ${leastCaught * 100} %.`];
  }
  const count = (outcome: string): number => lines.filter((line) => columnOf(line) === outcome).length;
  return outcomes
    .filter((outcome) => outcome !== 'pass' && !(defect !== null && outcome === 'inconclusive'))
    .flatMap((outcome) => {
      const many = count(outcome);
      return many === 0 ? [] : [`${name}: ${many} of ${lines.length} healthy runs: ${outcome}.`];
    });
}

function differingHashes(cell: Cell, results: ResultsFile): string[] {
  return jobsOf(cell).flatMap((job) => {
    const [first, second] = [results.get(job, 1), results.get(job, 2)];
    if (!first || !second || first.hash === second.hash) return [];
    const defect = job.defect === null ? '' : ` with ${job.defect}`;
    return [`${job.scenario}${defect}, seed ${job.seed}: two processes gave two event logs.`];
  });
}
