import { expect, it } from 'vitest';
import type { Figure } from '../../scripts/bench-sim/figure.ts';
import { exitCodeOf, renderTable } from '../../scripts/bench-sim/print.ts';

const measured = (...figures: readonly Partial<Figure>[]) => [
  { name: 'a measure', figures: [{ name: 'without a bar', value: 1, unit: '' }] },
  { name: 'another', figures: figures.map((figure) => ({ name: 'with a bar', value: 100, unit: '/s', ...figure })) },
];

it.each<{ bar: NonNullable<Figure['bar']>; code: number; said: string }>([
  { bar: { atLeast: 100 }, code: 0, said: '>= 100 met' },
  { bar: { atLeast: 100.1 }, code: 1, said: 'MISSED' },
  { bar: { atMost: 100 }, code: 0, said: '<= 100 met' },
  { bar: { atMost: 99.9 }, code: 1, said: 'MISSED' },
])('ends with $code for 100 where $bar was promised', ({ bar, code, said }) => {
  const found = measured({ bar: { atLeast: 1 } }, { bar });
  expect(exitCodeOf(found)).toBe(code);
  expect(renderTable(found)).toContain(said);
});
