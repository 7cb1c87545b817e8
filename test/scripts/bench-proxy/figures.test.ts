import { expect, it } from 'vitest';
import { Figures, mean, quantile, type Bar } from '../../../scripts/bench-proxy/figures.ts';

/** What one bar comes to where these were measured, round by round: median and range, and whether it is met. */
function outcome(bar: Omit<Bar, 'figure' | 'path'>, ours: readonly number[], theirs: readonly number[] = []): string {
  const figures = new Figures();
  for (const value of ours) figures.note('speed', 'ours', value);
  for (const value of theirs) figures.note('speed', 'theirs', value);
  const [line = ''] = figures.bars([{ figure: 'speed', path: 'ours', ...bar }]).split('\n').filter((text) => text.includes('speed:')); // prettier-ignore
  return line.split('│').slice(3, -1).map((cell) => cell.trim()).join(', '); // prettier-ignore
}

it.each([
  ['at a limit', { atMost: 2 }, [1, 2, 3], '2 (1 to 3), met'],
  ['just over it', { atMost: 1.99 }, [1, 2, 3], '2 (1 to 3), NOT MET'],
  ['at one from below', { atLeast: 2 }, [1, 2, 3], '2 (1 to 3), met'],
  ['just under it', { atLeast: 2.01 }, [1, 2, 3], '2 (1 to 3), NOT MET'],
  ['where nothing was measured', { atMost: 2 }, [], ', NOT MEASURED'],
  ['where the most of the rounds counts', { atMost: 2, by: 'most' as const }, [1, 2, 2], '2 (1 to 2), met'],
  ['where one round of those is over it', { atMost: 2, by: 'most' as const }, [1, 1, 3], '1 (1 to 3), NOT MET'],
])('a bar %s is said to be what it is', (_name, bar, ours, said) => {
  expect(outcome(bar, ours)).toBe(said);
});

it('a bar beside another way goes by the ratios within the rounds, not by that of the medians', () => {
  // The medians are 10 and 2, and their ratio 5.
  expect(outcome({ beside: 'theirs', atMost: 1 }, [10, 1, 100], [20, 1, 2])).toBe('1 (0.5 to 50), met');
  expect(outcome({ beside: 'theirs', atMost: 0.99 }, [10, 1, 100], [20, 1, 2])).toBe('1 (0.5 to 50), NOT MET');
});

it('a round in which only one of two ways was measured counts for no ratio', () => {
  expect(outcome({ beside: 'theirs', atMost: 1 }, [1, 9], [1])).toBe('1 (1 to 1), met');
  expect(outcome({ beside: 'theirs', atMost: 1 }, [1])).toBe(', NOT MEASURED');
});

it('a table has the median of each figure and way, with the least and the most, and nothing where nothing was measured', () => {
  const figures = new Figures();
  for (const value of [3, 1, 2]) figures.note('speed', 'ours', value);
  const cells = figures.table(['ours', 'theirs']).split('\n').filter((line) => line.includes('speed')); // prettier-ignore
  expect(cells[0]?.split('│').map((cell) => cell.trim())).toEqual(['', 'speed', '2 (1 to 3)', '', '']);
});

it.each([
  [[4, 1, 3, 2], 0.5, 3],
  [[4, 1, 3, 2], 0.99, 4],
  [[5], 0, 5],
])('of %j the quantile %d is %d', (values, share, found) => {
  expect(quantile(values, share)).toBe(found);
});

it('a mean is that of all values', () => {
  expect(mean([1, 2, 6])).toBe(3);
});
