import { checkLibrary } from '../check-scenario.ts';
import { GamedayError } from '../kit/errors.ts';
import type { Scenario } from '../scenario.ts';
import { didYouMean } from '../kit/suggest.ts';

/** The scenarios of the library and of the config, checked. */
export function scenarioLibrary(library: readonly Scenario[], own: readonly Scenario[]): readonly Scenario[] {
  const all = [...library, ...own];
  const problems = checkLibrary(all);
  if (problems.length > 0) throw new GamedayError('bad-config', 'The scenarios have mistakes.', { problems });
  return all;
}

/** The scenarios with these names; all of them when none is named. Every unknown name is listed. */
export function findScenarios(all: readonly Scenario[], names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return all;
  const known = all.map((scenario) => scenario.name);
  const problems = names
    .filter((name) => !known.includes(name))
    .map((name) => `There is no scenario "${name}".${didYouMean(name, known)}`);
  if (problems.length > 0) {
    throw new GamedayError('usage', problems[0] ?? '', {
      problems,
      hint: `Known scenarios: ${known.join(', ')}. "gameday list" tells more.`,
    });
  }
  return all.filter((scenario) => names.includes(scenario.name));
}
