import { GamedayError } from '../kit/errors.ts';
import type { VerdictOutcome } from '../record.ts';

/** What the process ends with; a contract with scripts. */
export const exitCodes = { pass: 0, fail: 1, inconclusive: 2, invalid: 2, broken: 3, usage: 64 } as const;

const severity = ['pass', 'inconclusive', 'invalid', 'fail'] as const satisfies readonly VerdictOutcome[];

/** The exit code of several runs: the worst verdict wins; nothing judged is no pass. */
export function exitCodeOf(outcomes: readonly VerdictOutcome[]): number {
  const worst = severity.findLast((outcome) => outcomes.includes(outcome));
  return worst === undefined ? exitCodes.inconclusive : exitCodes[worst];
}

/** The exit code of something that was thrown. */
export function exitCodeOfError(cause: unknown): number {
  if (!(cause instanceof GamedayError)) return exitCodes.broken;
  const usage =
    cause.code === 'usage' ||
    cause.code === 'bad-config' ||
    cause.code === 'bad-record' ||
    cause.code === 'refused-target';
  return usage ? exitCodes.usage : exitCodes.broken;
}
