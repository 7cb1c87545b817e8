import colors from 'picocolors';
import type { VerdictOutcome } from '../harness/record.ts';
import { consoleTable } from './console-table.ts';
import { plainText } from './plain-text.ts';

/** What became of one seed. */
export interface SeedRow {
  readonly scenario: string;
  readonly seed: number;
  /** `broken`: gameday itself failed. */
  readonly outcome: VerdictOutcome | 'skipped' | 'broken';
  /** Which objectives decided it, or what went wrong. */
  readonly why: string;
  /** The command that repeats it; null when there was no run. */
  readonly command: string | null;
}

const outcomes = ['pass', 'fail', 'inconclusive', 'invalid', 'skipped', 'broken'] as const;

/** Verdicts by scenario, as counts, and the first seed of each that did not pass, and that failed, with the command that repeats it. */
export function renderSeeds(rows: readonly SeedRow[], settings: { readonly color: boolean }): string {
  const paint = colors.createColors(settings.color);
  const scenarios = [...new Set(rows.map((row) => row.scenario))];
  const seen = outcomes.filter((outcome) => outcome === 'pass' || rows.some((row) => row.outcome === outcome));
  const table = consoleTable({
    head: ['scenario', 'seeds', ...seen],
    rows: scenarios.map((scenario) => {
      const own = rows.filter((row) => row.scenario === scenario);
      const counts = seen.map((outcome) => String(own.filter((row) => row.outcome === outcome).length));
      return [scenario, String(own.length), ...counts];
    }),
    widths: [null, null, ...seen.map(() => null)],
  });
  const describe = ({ seed, outcome, why, command }: SeedRow): string => {
    const again = command === null ? '' : `\n  run it again: ${paint.bold(plainText(command))}`;
    return `seed ${seed}, ${outcome}: ${plainText(why)}${again}`;
  };
  const lines = scenarios.flatMap((scenario) => {
    const own = rows.filter((row) => row.scenario === scenario);
    const first = own.find(({ outcome }) => outcome !== 'pass');
    const failing = own.find(({ outcome }) => outcome === 'fail');
    return [
      ...(first ? [`First of ${scenario} that did not pass: ${describe(first)}`] : []),
      ...(failing && failing !== first ? [`First of ${scenario} that failed: ${describe(failing)}`] : []),
    ];
  });
  return [table, ...lines].join('\n\n');
}
