import type { Row } from './table-file.ts';

/** A scenario with a defect of the target or none. */
export interface AgreementCell {
  readonly scenario: string;
  readonly defect: string | null;
  /** Objectives of which one has to fail; none for what is healthy. */
  readonly caughtBy: readonly string[];
}

export interface Agreement {
  /** A table in Markdown: a row for each cell, a column for each world and store. */
  readonly markdown: string;
  /** Cells whose verdicts differ, or that were not run in both worlds, a line each. */
  readonly problems: readonly string[];
}

const columns = [
  { world: 'local', store: 'PostgreSQL' },
  { world: 'local', store: 'Qdrant' },
  { world: 'simulated', store: 'Qdrant' },
] as const;

/** How far the worlds come to the same verdicts, cell by cell, with one seed. */
export function agreementOf(cells: readonly AgreementCell[], rows: readonly Row[], seed: number): Agreement {
  const compared = cells.map((cell) => ({
    cell,
    found: columns.map((column) => find(rows, { ...cell, ...column, seed })),
  }));
  const head = [
    ...['scenario', 'defect', ...columns.map(({ world, store }) => `${world}, ${store}`)],
    'fails by, in the simulated world',
  ];
  const body = compared.map(({ cell, found }) => [
    ...[cell.scenario, cell.defect ?? 'none'],
    ...found.map((row) => (row ? `\`${row.outcome}\`` : 'not run')),
    namedObjectives(cell, found.at(-1)),
  ]);
  const markdown = [head, head.map(() => '---'), ...body].map((texts) => `| ${texts.join(' | ')} |`).join('\n');
  return { markdown, problems: compared.flatMap(({ cell, found }) => problemsOf(cell, found)) };
}

function find(rows: readonly Row[], wanted: Partial<Row>): Row | undefined {
  const { world, store, scenario, defect, seed } = wanted;
  return rows.find(
    (row) =>
      row.world === world &&
      row.store === store &&
      row.scenario === scenario &&
      row.defect === defect &&
      row.seed === seed,
  );
}

function namedObjectives({ caughtBy }: AgreementCell, row: Row | undefined): string {
  if (!row || row.failed.length === 0) return 'nothing';
  return row.failed.map((name) => (caughtBy.includes(name) ? `**${name}**` : name)).join(', ');
}

function problemsOf(cell: AgreementCell, found: readonly (Row | undefined)[]): string[] {
  const name = `${cell.scenario}${cell.defect === null ? '' : ` with ${cell.defect}`}`;
  const rows = found.filter((row) => row !== undefined);
  const missing = (['local', 'simulated'] as const).filter((world) => rows.every((row) => row.world !== world));
  if (missing.length > 0) return [`${name}: not run in the ${missing.join(' and ')} world.`];
  const verdicts = rows.map(({ world, store, outcome }) => `${outcome} in the ${world} world on ${store}`);
  const differs = new Set(rows.map(({ outcome }) => outcome)).size > 1;
  const uncaught = rows.filter(
    ({ failed }) => cell.caughtBy.length > 0 && !failed.some((objective) => cell.caughtBy.includes(objective)),
  );
  return [
    ...(differs ? [`${name}: ${verdicts.join(', ')}.`] : []),
    ...uncaught.map(
      ({ world, store }) => `${name}: not caught by ${cell.caughtBy.join(' or ')} in the ${world} world on ${store}.`,
    ),
  ];
}
