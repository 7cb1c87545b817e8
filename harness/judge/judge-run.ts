import type { ObjectiveVerdict, RunVerdict, VerdictOutcome } from '../record.ts';
import { judgeFor } from './judges.ts';
import { inconclusive, verdictOf } from './objective.ts';
import type { Evidence, ObjectiveSpec } from './types.ts';
import { invalidReasons } from './validity.ts';

/**
 * The verdict on a run, from its evidence alone. A broken hard invariant is a failure in any run; else a reason why the experiment did not
 * hold makes it invalid; else the worst objective counts. Nothing judged is inconclusive, and so is, at best, a run that was interrupted.
 */
export function judgeRun(evidence: Evidence): RunVerdict {
  const judged = evidence.record.plan.objectives.map((spec) => judgeObjective(spec, evidence));
  const reasons = [...invalidReasons(evidence, judged)];
  const { interrupted } = evidence.record.run;
  const objectives = interrupted === null ? judged : judged.map((verdict) => cutShort(verdict, interrupted));
  return { outcome: outcomeOf(objectives, reasons), invalidReasons: reasons, objectives };
}

function judgeObjective(spec: ObjectiveSpec, evidence: Evidence): ObjectiveVerdict {
  const judge = judgeFor(spec.kind);
  if (judge) return judge.judge(spec, evidence);
  return verdictOf(
    spec,
    false,
    inconclusive(`This version of gameday has no judge for objectives of the kind "${spec.kind}".`),
  );
}

function outcomeOf(objectives: readonly ObjectiveVerdict[], reasons: readonly string[]): VerdictOutcome {
  const outcomes = new Set(objectives.map((objective) => objective.outcome));
  if (objectives.some(isBrokenInvariant)) return 'fail';
  if (reasons.length > 0 || outcomes.has('invalid')) return 'invalid';
  if (outcomes.has('fail')) return 'fail';
  return outcomes.size === 0 || outcomes.has('inconclusive') ? 'inconclusive' : 'pass';
}

/** What was seen of a run that did not go to its end is neither a pass nor, but for a broken invariant, a failure. */
function cutShort(verdict: ObjectiveVerdict, why: string): ObjectiveVerdict {
  if (isBrokenInvariant(verdict) || verdict.outcome === 'invalid' || verdict.outcome === 'inconclusive') return verdict;
  return {
    ...verdict,
    outcome: 'inconclusive',
    finding: `The run was interrupted (${why}). Until then: ${verdict.finding}`,
  };
}

function isBrokenInvariant(verdict: ObjectiveVerdict): boolean {
  return verdict.hardInvariant && verdict.outcome === 'fail';
}
