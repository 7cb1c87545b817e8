import { didYouMean } from '../kit/suggest.ts';
import { apiErrors } from './api-error.ts';
import { joined } from './read-body.ts';

/**
 * The same values under the names that are known, whatever their case, as Go's decoder takes them. Others stay where they may be there for somebody else; throws
 * an ApiError 400 that names those that are nearly one that is known, or with `isStrict` all.
 */
export function withNames(
  values: Readonly<Record<string, unknown>>,
  {
    known,
    what,
    isStrict = false,
  }: { readonly known: readonly string[]; readonly what: string; readonly isStrict?: boolean },
): Record<string, unknown> {
  const written = new Map(known.map((name) => [name.toLowerCase(), name]));
  const found: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const meant = known.includes(name) ? name : written.get(name.toLowerCase());
    if (meant !== undefined) {
      found[meant] = value;
      continue;
    }
    const hint = didYouMean(name, known);
    if (hint !== '' || isStrict)
      problems.push(`there is no ${what} "${name}".${hint || ` It can be ${known.join(', ')}.`}`);
  }
  if (problems.length > 0) throw apiErrors.badBody(joined(problems, ' '));
  return found;
}
