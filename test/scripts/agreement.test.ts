import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../scripts/agreement/agreement.ts';
import type { Row } from '../../scripts/agreement/table-file.ts';

const cells = [
  { scenario: 'small', defect: null, caughtBy: [] },
  { scenario: 'small', defect: 'D1', caughtBy: ['availability'] },
];

function row(change: Partial<Row>): Row {
  const base = { world: 'local', store: 'PostgreSQL', scenario: 'small', defect: null, seed: 11 } as const;
  return { ...base, outcome: 'pass', failed: [], code: 'one', ...change };
}

const sound = [row({}), row({ store: 'Qdrant' }), row({ world: 'simulated', store: 'Qdrant' })];
const caught = { defect: 'D1', outcome: 'fail', failed: ['drained', 'availability'] };
const defective = [row(caught), row({ ...caught, world: 'simulated', store: 'Qdrant' })];

describe('the agreement of the worlds', () => {
  it('is a table with a column for each world and store, and no problem where every verdict is the same', () => {
    const { markdown, problems } = agreementOf(cells, [...sound, ...defective], 11);
    expect(problems).toEqual([]);
    expect(markdown).toContain('| small | none | `pass` | `pass` | `pass` | nothing |');
    expect(markdown).toContain('| small | D1 | `fail` | not run | `fail` | drained, **availability** |');
  });

  it('names a cell whose verdicts differ, also by the store alone', () => {
    const other = row({ store: 'Qdrant', outcome: 'inconclusive' });
    const rows = [...sound.filter(({ world, store }) => world === 'simulated' || store === 'PostgreSQL'), other];
    expect(agreementOf(cells.slice(0, 1), rows, 11).problems).toEqual([
      'small: pass in the local world on PostgreSQL, inconclusive in the local world on Qdrant, pass in the simulated world on Qdrant.',
    ]);
  });

  it('names a cell that one world has not run, with this seed', () => {
    const rows = sound.map((one) => (one.world === 'simulated' ? { ...one, seed: 12 } : one));
    expect(agreementOf(cells.slice(0, 1), rows, 11).problems).toEqual(['small: not run in the simulated world.']);
  });

  it('names a defect that fails in one world by something else than the objective that is named', () => {
    const rows = defective.map((one) => (one.world === 'local' ? { ...one, failed: ['drained'] } : one));
    expect(agreementOf(cells.slice(1), rows, 11).problems).toEqual([
      'small with D1: not caught by availability in the local world on PostgreSQL.',
    ]);
  });
});
