import type { VerdictOutcome } from '../harness/record.ts';

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

/** The worst that says something of the target comes first. */
export const seedOutcomes = ['pass', 'fail', 'inconclusive', 'invalid', 'skipped', 'broken'] as const;

/** Rows by scenario, or by something else that they have in common, in the order in which each is first met. */
export function grouped(rows: readonly SeedRow[], keyOf: (row: SeedRow) => string): [key: string, own: SeedRow[]][] {
  return [...new Set(rows.map(keyOf))].map((key) => [key, rows.filter((row) => keyOf(row) === key)]);
}

/** Seeds that ended in one way for one reason, in the order of the rows. */
interface SameReason {
  readonly why: string;
  readonly seeds: readonly number[];
}

/** Those of one scenario that did not pass, by verdict, and within a verdict by what decided it. */
export function withoutPass(rows: readonly SeedRow[]): { outcome: string; seeds: number[]; reasons: SameReason[] }[] {
  return seedOutcomes
    .filter((outcome) => outcome !== 'pass')
    .map((outcome) => ({ outcome, own: rows.filter((row) => row.outcome === outcome) }))
    .filter(({ own }) => own.length > 0)
    .map(({ outcome, own }) => ({
      outcome,
      seeds: own.map(({ seed }) => seed),
      reasons: grouped(own, ({ why }) => why).map(([why, same]) => ({ why, seeds: same.map(({ seed }) => seed) })),
    }));
}

/** `3, 17, 40..44`: three or more in a row are a range. */
export function seedList(seeds: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const seed of seeds.toSorted((left, right) => left - right)) {
    const run = runs.at(-1);
    if (run && seed === run[1] + 1) run[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs.map(([first, last]) => rangeOf(first, last)).join(', ');
}

function rangeOf(first: number, last: number): string {
  if (last - first > 1) return `${first}..${last}`;
  return first === last ? `${first}` : `${first}, ${last}`;
}
