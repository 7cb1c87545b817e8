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

/** Verdicts by scenario, as counts, and the first seed of each that did not pass with the command that repeats it. */
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
  const first = scenarios.flatMap((scenario) => {
    const row = rows.find((candidate) => candidate.scenario === scenario && candidate.outcome !== 'pass');
    return row ? [row] : [];
  });
  const lines = first.map(({ scenario, seed, outcome, why, command }) => {
    const again = command === null ? '' : `\n  run it again: ${paint.bold(plainText(command))}`;
    return `First of ${scenario} that did not pass: seed ${seed}, ${outcome}: ${plainText(why)}${again}`;
  });
  return [table, ...lines].join('\n\n');
}
