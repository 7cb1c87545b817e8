import { expect, it } from 'vitest';
import { createRetryBudget } from '../../../fakes/workload/retry-budget.ts';

it('allows the reserve and then a share of the operations', () => {
  const budget = createRetryBudget({ ratio: 0.2, reserve: 2, most: 10 });
  expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
  for (let operation = 0; operation < 5; operation++) budget.deposit();
  expect([budget.take(), budget.take()]).toEqual([true, false]);
});

it('does not save up more than it may hold', () => {
  const budget = createRetryBudget({ ratio: 1, reserve: 0, most: 3 });
  for (let operation = 0; operation < 100; operation++) budget.deposit();
  expect(budget.balance).toBe(3);
});
