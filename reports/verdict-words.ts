import type { ObjectiveVerdict, VerdictOutcome } from '../harness/record.ts';

/** How an outcome is named everywhere, so that no report relies on colour: a word, a symbol and what it means. */
export const verdictWords: Readonly<Record<VerdictOutcome, { word: string; symbol: string; meaning: string }>> = {
  pass: { word: 'PASS', symbol: '✓', meaning: 'the promise held' },
  fail: { word: 'FAIL', symbol: '✗', meaning: 'the promise was broken' },
  inconclusive: { word: 'INCONCLUSIVE', symbol: '?', meaning: 'not enough evidence to say' },
  invalid: {
    word: 'INVALID',
    symbol: '!',
    meaning: 'the experiment itself did not hold, so it says nothing about the target',
  },
};

const worst: readonly VerdictOutcome[] = ['fail', 'invalid', 'inconclusive', 'pass'];

/** Failures first, passes last; otherwise in the order of the scenario. */
export function worstFirst(objectives: readonly ObjectiveVerdict[]): readonly ObjectiveVerdict[] {
  return objectives.toSorted((left, right) => worst.indexOf(left.outcome) - worst.indexOf(right.outcome));
}

/** `2 of 5 objectives failed, 1 inconclusive`. */
export function tally(objectives: readonly ObjectiveVerdict[]): string {
  const total = objectives.length;
  if (total === 0) return 'nothing was judged';
  const count = (outcome: VerdictOutcome): number => objectives.filter((one) => one.outcome === outcome).length;
  if (count('pass') === total) return total === 1 ? 'its one objective holds' : `all ${total} objectives hold`;
  const words = { fail: 'failed', invalid: 'invalid', inconclusive: 'inconclusive', pass: 'passed' } as const;
  const parts = worst.filter((outcome) => count(outcome) > 0).map((outcome) => `${count(outcome)} ${words[outcome]}`);
  return `of ${total} objective${total === 1 ? '' : 's'}: ${parts.join(', ')}`;
}
