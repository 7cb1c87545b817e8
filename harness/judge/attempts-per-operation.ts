import { z } from 'zod';
import { attemptsAt } from './attempts.ts';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import { doubtHint, operationsOf } from './operations.ts';
import type { ObjectiveSpec } from './types.ts';
import { figure } from './wording.ts';

const Settings = z.strictObject({
  at: z.string().min(1),
  atMost: z.int().min(1).default(3),
  operationPrefix: z.string().optional(),
});
const kind = 'attemptsPerOperation';

/** No operation is tried more often than this, over the whole run. Default 3. A hard invariant. Inconclusive where nobody can tell. */
export function attemptsPerOperation(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'attempts-per-operation', ...settings } = options;
  const statement = `No operation at ${settings.at} is tried more than ${settings.atMost ?? 3} times.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const attemptsPerOperationJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: true,
  judge: ({ at, atMost, operationPrefix }, evidence) => {
    const sorted = operationsOf(attemptsAt(evidence, { at, operationPrefix }), evidence);
    const operations = sorted.surely;
    if (operations.length === 0) return inconclusive(`No operation reached ${at}.`);
    const worstFirst = operations.toSorted((left, right) => right.attempts.length - left.attempts.length);
    const most = worstFirst[0]?.attempts.length ?? 0;
    const over = worstFirst.filter((operation) => operation.attempts.length > atMost);
    const atWorst = Math.max(...sorted.atMost.map((operation) => operation.attempts.length));
    const outcome = over.length > 0 ? 'fail' : atWorst > atMost ? 'inconclusive' : 'pass';
    return {
      outcome,
      finding: `The most attempts at one operation at ${at} were ${most}, limit ${atMost} (n = ${operations.length}; ${over.length} over).${outcome === 'inconclusive' ? ` They may have been ${atWorst}.${doubtHint(at, sorted)}` : ''}`,
      figures: [
        figure('most attempts at one operation', most, 'attempts', atMost),
        figure('operations over the limit', over.length, 'operations', 0),
      ],
      sampleCount: operations.length,
      counterexamples: over.map(({ name, attempts }) => {
        const first = attempts[0];
        return `${name}: ${attempts.length} attempts from ${Math.round(first?.receivedMs ?? 0)} ms on`;
      }),
    };
  },
});
