import { didYouMean } from '../kit/suggest.ts';
import { judgeFor, judges } from './judges.ts';
import { problemsOf } from './objective.ts';
import type { ObjectiveSpec } from './types.ts';

/** Every mistake in the settings of objectives, a line each, in the words of their author; empty when there is none. */
export function checkObjectives(specs: readonly ObjectiveSpec[]): string[] {
  return specs.flatMap((spec) => {
    const own = `Objective "${spec.name}"`;
    const name = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.name) ? [] : [`${own}: the name is not kebab-case.`];
    const judge = judgeFor(spec.kind);
    if (!judge) return [...name, `${own}: there is no kind of objective "${spec.kind}".${suggestion(spec.kind)}`];
    const parsed = judge.settings.safeParse(spec.settings);
    return [...name, ...(parsed.success ? [] : problemsOf(parsed.error).map((problem) => `${own}: ${problem}`))];
  });
}

function suggestion(kind: string): string {
  const kinds = judges.map((judge) => judge.kind);
  return didYouMean(kind, kinds) || ` Known are: ${kinds.join(', ')}.`;
}
