import { closest, distance } from 'fastest-levenshtein';

/** Whatever is longer was not meant for a name, and to compare it would take long. */
const longestTyped = 200;

/** ` Did you mean "x"?` when one of `known` is close to what was typed, in whatever case, otherwise nothing. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const written = new Map(known.map((word) => [word.toLowerCase(), word]));
  if (written.size === 0 || typed.length > longestTyped) return '';
  const meant = typed.toLowerCase();
  const best = closest(meant, [...written.keys()]);
  const apart = distance(meant, best);
  // Where every letter is another it is another name.
  const isClose = apart <= Math.max(2, Math.floor(best.length / 3)) && apart < Math.max(meant.length, best.length);
  const near = isClose || best.includes(meant);
  return near ? ` Did you mean "${written.get(best) ?? best}"?` : '';
}
