import { closest, distance } from 'fastest-levenshtein';

/** ` Did you mean "x"?` when one of `known` is close to what was typed, otherwise nothing. */
export function didYouMean(typed: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const best = closest(typed, known);
  const near =
    distance(typed.toLowerCase(), best.toLowerCase()) <= Math.max(2, Math.floor(best.length / 3)) ||
    best.includes(typed);
  return near ? ` Did you mean "${best}"?` : '';
}
