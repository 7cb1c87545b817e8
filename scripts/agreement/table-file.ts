import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { codeHash } from '../code-hash.ts';

/** What one run of a scenario, with a defect or without, came to in a world on a store. */
const RowSchema = z.object({
  world: z.enum(['local', 'simulated']),
  store: z.enum(['PostgreSQL', 'Qdrant']),
  scenario: z.string(),
  defect: z.string().nullable(),
  seed: z.number(),
  outcome: z.string(),
  failed: z.array(z.string()),
  /** Of the code that it ran with. */
  code: z.string(),
});
export type Row = z.infer<typeof RowSchema>;

const root = join(import.meta.dirname, '..', '..');
const file = join(root, '.gameday', 'table.jsonl');

/** Keeps a row of the present code; several processes may do so at the same time. */
export function keepRow(row: Omit<Row, 'code'>): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify({ ...row, code: codeHash(root) } satisfies Row)}\n`);
}

/** The last row of the present code for each world, store, scenario, defect and seed. */
export function keptRows(): readonly Row[] {
  if (!existsSync(file)) return [];
  const code = codeHash(root);
  const rows = new Map<string, Row>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const row = RowSchema.parse(JSON.parse(line));
    const { world, store, scenario, defect, seed } = row;
    if (row.code === code) rows.set(JSON.stringify([world, store, scenario, defect, seed]), row);
  }
  return [...rows.values()];
}
