import colors from 'picocolors';
import { consoleTable } from './console-table.ts';
import { plainText } from './plain-text.ts';
import { grouped, seedList, seedOutcomes, withoutPass, type SeedRow } from './seed-row.ts';

/**
 * Verdicts by scenario: as counts; which seeds had which where it was no pass, and why; and the first seed of each that did not pass, and
 * that failed, with the command that repeats it.
 */
export function renderSeeds(rows: readonly SeedRow[], settings: { readonly color: boolean }): string {
  const paint = colors.createColors(settings.color);
  const scenarios = grouped(rows, ({ scenario }) => scenario);
  const describe = ({ seed, outcome, why, command }: SeedRow): string => {
    const again = command === null ? '' : `\n  run it again: ${paint.bold(plainText(command))}`;
    return `seed ${seed}, ${outcome}: ${plainText(why)}${again}`;
  };
  const lines = scenarios.flatMap(([scenario, own]) => {
    const first = own.find(({ outcome }) => outcome !== 'pass');
    const failing = own.find(({ outcome }) => outcome === 'fail');
    return [
      ...(first ? [seedsWithoutPass(scenario, own)] : []),
      ...(first ? [`First of ${scenario} that did not pass: ${describe(first)}`] : []),
      ...(failing && failing !== first ? [`First of ${scenario} that failed: ${describe(failing)}`] : []),
    ];
  });
  return [countTable(rows, scenarios), ...lines].join('\n\n');
}

function countTable(rows: readonly SeedRow[], scenarios: ReturnType<typeof grouped>): string {
  const seen = seedOutcomes.filter((outcome) => outcome === 'pass' || rows.some((row) => row.outcome === outcome));
  return consoleTable({
    head: ['scenario', 'seeds', ...seen],
    rows: scenarios.map(([scenario, own]) => {
      const counts = seen.map((outcome) => String(own.filter((row) => row.outcome === outcome).length));
      return [scenario, String(own.length), ...counts];
    }),
    widths: [null, null, ...seen.map(() => null)],
  });
}

/** A line for each verdict with its seeds, and below it a line for each reason with those that had it. */
function seedsWithoutPass(scenario: string, own: readonly SeedRow[]): string {
  const verdicts = withoutPass(own).flatMap(({ outcome, seeds, reasons }) => [
    `  ${outcome}: ${seedList(seeds)}`,
    ...reasons.filter(({ why }) => why !== '').map((same) => `    ${seedList(same.seeds)}: ${plainText(same.why)}`),
  ]);
  return [scenario, ...verdicts].join('\n');
}
