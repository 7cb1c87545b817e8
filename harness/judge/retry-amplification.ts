import { z } from 'zod';
import { attemptsAt } from './attempts.ts';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import { doubtHint, operationsOf } from './operations.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, windowsOf } from './windows.ts';
import { figure, plain } from './wording.ts';

const Settings = z.strictObject({
  at: z.string().min(1),
  atMost: z.number().min(1),
  during: DuringSchema.default('fault'),
  operationPrefix: z.string().optional(),
});
const kind = 'retryAmplification';

/** With fewer operations an average says nothing. */
const leastOperations = 5;

/**
 * Attempts ÷ logical operations at a part. Every call is in its journal, so this is a count and not an estimate; where
 * it depends on calls that nobody can attribute, it is inconclusive. Polls are no operation. Default window: all faults.
 */
export function retryAmplification(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'retry-amplification', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const statement = `There are at most ${settings.atMost} attempts per operation at ${settings.at} ${when}, on average.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const retryAmplificationJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ at, atMost, during, operationPrefix }, evidence) => {
    const when = describeDuring(during);
    const attempts = attemptsAt(evidence, { at, operationPrefix, windows: windowsOf(evidence, during) });
    const sorted = operationsOf(attempts, evidence);
    const operations = sorted.surely;
    if (operations.length === 0) return inconclusive(`No operation reached ${at} ${when}.`);
    const amplification = attempts.length / operations.length;
    const atWorst = attempts.length / sorted.atMost.length;
    const isFew = operations.length < leastOperations;
    const outcome = amplification > atMost && !isFew ? 'fail' : isFew || atWorst > atMost ? 'inconclusive' : 'pass';
    return {
      outcome,
      finding: `There were ${plain(amplification)} attempts per operation at ${at} ${when}, limit ${atMost} (${attempts.length} attempts, n = ${operations.length}).${isFew ? ` At least ${leastOperations} operations are needed.` : outcome === 'inconclusive' ? ` It may have been ${plain(atWorst)}.${doubtHint(at, sorted)}` : ''}`,
      figures: [
        figure('attempts per operation', amplification, 'attempts', atMost),
        figure('attempts per operation, at most', atWorst, 'attempts'),
        figure('attempts', attempts.length, 'attempts'),
        figure('operations', operations.length, 'operations'),
      ],
      sampleCount: operations.length,
      counterexamples:
        amplification <= atMost
          ? []
          : operations
              .toSorted((left, right) => right.attempts.length - left.attempts.length)
              .slice(0, 10)
              .map((operation) => `${operation.name}: ${operation.attempts.length} attempts`),
    };
  },
});
