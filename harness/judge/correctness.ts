import { z } from 'zod';
import type { Sample } from '../observe/observations.ts';
import { judgeBad } from './judge-bad.ts';
import { defineJudge, inconclusive, objectiveSpec, worstOf, type Named } from './objective.ts';
import { isGood, noSamples, samplesIn } from './outcomes.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, windowsOf } from './windows.ts';
import { countOf, figure, percent, samplesHint } from './wording.ts';

const Settings = z.strictObject({
  of: z.string().min(1),
  atLeast: z.number().gt(0).lt(1).default(0.9),
  degradedAtMost: z.number().gt(0).lt(1).optional(),
  during: DuringSchema.default('fault'),
});
const kind = 'correctness';

/**
 * At least this share (default 0.9) of the good answers is correct: has the words that were expected and cites the document they are in.
 * Good ones only, since what was not answered is the business of `availability`. A degraded answer counts like any other, so one without
 * the fact is wrong. With `degradedAtMost` (a share of the good answers) degraded ones have a budget of their own, and the others have
 * to be correct. Default window: all faults. Answers that nobody could judge do not count; none that could is inconclusive.
 */
export function correctness(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'correctness', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const share = percent(settings.atLeast ?? 0.9);
  const { degradedAtMost } = settings;
  const statement =
    degradedAtMost === undefined
      ? `At least ${share} of the answers to "${settings.of}" are correct ${when}.`
      : `At most ${percent(degradedAtMost)} of the answers to "${settings.of}" are degraded ${when}, and at least ${share} of the others are correct.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const correctnessJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ of, atLeast, degradedAtMost, during }, evidence) => {
    const windows = windowsOf(evidence, during);
    const when = describeDuring(during);
    const samples = samplesIn(evidence, { operation: of, windows });
    if (samples.length === 0) return inconclusive(noSamples(of, when));
    const answers = samples.filter(isGood);
    if (answers.length === 0) return inconclusive(`None of ${samples.length} "${of}" was answered ${when}.`);
    const judgeable = answers.filter((answer) => answer.correct !== null);
    if (judgeable.length === 0) {
      return inconclusive(
        `Of none of ${answers.length} answers to "${of}" ${when} is it known whether it was correct: the corpus has to say what is expected, and the target to name its citations.`,
        { sampleCount: answers.length },
      );
    }
    const counted = degradedAtMost === undefined ? judgeable : judgeable.filter((answer) => !isDegraded(answer));
    const right = judgeBad(counted, { windows, budget: 1 - atLeast }, isWrong);
    const degraded = judgeBad(answers, { windows, budget: degradedAtMost ?? 1 }, isDegraded);
    // Where degraded answers have no budget of their own, they are a figure only.
    const outcome = degradedAtMost === undefined ? right.outcome : worstOf([right.outcome, degraded.outcome]);
    const ofOthers = degradedAtMost === undefined ? '' : ' that were not degraded';
    const limit = degradedAtMost === undefined ? '' : `, limit ${percent(degradedAtMost)}`;
    const hints = [right, ...(degradedAtMost === undefined ? [] : [degraded])]
      .filter((judged) => judged.outcome === 'inconclusive')
      .map((judged) => (judged.count === 0 ? ' No such answer was seen.' : ` ${samplesHint(judged, windows)}`));
    return {
      outcome,
      finding: `${percent(1 - right.share)} of the answers to "${of}"${ofOthers} were correct ${when}, limit ${percent(atLeast)} (n = ${right.count}, ${right.bad} wrong); ${percent(degraded.share)} of all were degraded${limit} (n = ${degraded.count}).${hints.join('')}`,
      figures: [
        figure(`correct share of ${of}`, right.count === 0 ? null : 1 - right.share, 'ratio', atLeast),
        figure('correct share, lower bound (95 %)', 1 - right.upper, 'ratio'),
        figure('correct share, upper bound (99 %)', 1 - right.lower, 'ratio'),
        figure('degraded share', degraded.share, 'ratio', degradedAtMost),
        figure(
          'wrong without saying so',
          judgeable.filter((one) => isWrong(one) && !isDegraded(one)).length,
          'answers',
        ),
        figure('answers that could not be judged', answers.length - judgeable.length, 'answers'),
      ],
      sampleCount: judgeable.length,
      counterexamples: outcome === 'fail' ? wrongOnes(counted) : [],
    };
  },
});

function isDegraded({ outcome }: Sample): boolean {
  return outcome.kind === 'good' && outcome.degraded;
}

function isWrong(answer: Sample): boolean {
  return answer.correct === false;
}

/** Those that did not say that something was missing come first. */
function wrongOnes(answers: readonly Sample[]): string[] {
  return answers
    .filter(isWrong)
    .toSorted((left, right) => Number(isDegraded(left)) - Number(isDegraded(right)))
    .slice(0, 10)
    .map((answer) => {
      const how = isDegraded(answer) ? 'wrong, and said to be degraded' : 'wrong, without saying so';
      return `${answer.id}, due at ${Math.round(answer.dueMs)} ms: ${how} (${countOf(answer.tokens, 'token')})`;
    });
}
