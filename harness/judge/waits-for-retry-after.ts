import { z } from 'zod';
import type { Call } from '../observe/observations.ts';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import type { ObjectiveSpec } from './types.ts';
import { countOf, figure } from './wording.ts';

const Settings = z.strictObject({ at: z.string().min(1) });
const kind = 'waitsForRetryAfter';

/**
 * An attempt at something else this shortly after the answer was already on its way: the client had not seen the answer yet. On two busy
 * cores 100 ms were seen between sending and arrival. A client that does not wait goes on for the whole pause, so this hides none.
 */
const inFlightMs = 250;
/** Clocks and timers may be this much apart. */
const toleranceMs = 50;

/**
 * Nobody calls the part before the time that it asked for has passed. Where a part has several limits, a 429 speaks for the one that the
 * refused call counts against, and a poll for news is held against that of the polls; a 503 speaks for the whole part. A hard invariant.
 */
export function waitsForRetryAfter(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'waits-for-retry-after', ...settings } = options;
  const statement = `No attempt reaches ${settings.at} before the time that its Retry-After asked for has passed.`;
  return objectiveSpec({ kind, name, statement, settings });
}

interface Hint {
  readonly call: Call;
  readonly fromMs: number;
  readonly untilMs: number;
}

export const waitsForRetryAfterJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: true,
  judge: ({ at }, evidence) => {
    const hints = hintsAt(evidence.calls, at);
    if (hints.length === 0) return inconclusive(`${at} never answered with a Retry-After, so nobody had to wait.`);
    const attempts = limitedCalls(evidence.calls, at);
    const early = tooEarly(attempts, hints).toSorted((left, right) => right.earlyMs - left.earlyMs);
    return {
      outcome: early.length === 0 ? 'pass' : 'fail',
      finding:
        early.length === 0
          ? `No attempt came early at ${at} (${countOf(hints.length, 'answer')} with a Retry-After, ${countOf(attempts.length, 'attempt')}).`
          : `${countOf(early.length, 'attempt')} came early at ${at}, the worst ${Math.round(early[0]?.earlyMs ?? 0)} ms (${countOf(hints.length, 'answer')} with a Retry-After).`,
      figures: [
        figure('attempts that came early', early.length, 'attempts', 0),
        figure('answers with a Retry-After', hints.length, 'answers'),
      ],
      sampleCount: hints.length,
      counterexamples: early.map(({ text }) => text),
    };
  },
});

/** What has to wait, in order of arrival: attempts at an operation, and polls where the part says which limit they count against. */
function limitedCalls(calls: readonly Call[], at: string): readonly Call[] {
  return calls
    .filter((call) => call.part === at && (call.operation !== null || call.limit !== undefined))
    .toSorted((left, right) => left.receivedMs - right.receivedMs || left.number - right.number);
}

function hintsAt(calls: readonly Call[], at: string): readonly Hint[] {
  return calls
    .flatMap((call) => {
      const asked = call.part === at && (call.status === 429 || call.status === 503) ? call.retryAfterMs : null;
      if (asked === null || asked <= toleranceMs || call.endedMs === null) return [];
      return [{ call, fromMs: call.endedMs, untilMs: call.endedMs + asked - toleranceMs }];
    })
    .toSorted((left, right) => left.fromMs - right.fromMs);
}

/** One pass over attempts in order of arrival, with the hints that have been given and are not over yet. */
function tooEarly(attempts: readonly Call[], hints: readonly Hint[]): { earlyMs: number; text: string }[] {
  const found: { earlyMs: number; text: string }[] = [];
  let next = 0;
  let given: Hint[] = [];
  for (const attempt of attempts) {
    for (let hint = hints[next]; hint && hint.fromMs <= attempt.receivedMs; hint = hints[++next]) given.push(hint);
    given = given.filter((hint) => hint.untilMs > attempt.receivedMs);
    const broken = given
      .filter((hint) => speaksFor(hint, attempt))
      .filter((hint) => attempt.receivedMs >= hint.fromMs + (isRetryOf(attempt, hint.call) ? 0 : inFlightMs))
      .reduce<Hint | undefined>((worst, hint) => (worst && worst.untilMs >= hint.untilMs ? worst : hint), undefined);
    if (!broken) continue;
    const waitedMs = Math.round(attempt.receivedMs - broken.fromMs);
    found.push({
      earlyMs: broken.untilMs + toleranceMs - attempt.receivedMs,
      text: `call ${attempt.number} (${attempt.operation ?? 'a poll'}) came ${waitedMs} ms after call ${broken.call.number} was answered ${broken.call.status ?? ''}, to wait ${broken.call.retryAfterMs ?? ''} ms`,
    });
  }
  return found;
}

/** A 503 is the whole part's word. A 429 is about a limit: where both calls name theirs, it has to be the same. */
function speaksFor({ call }: Hint, attempt: Call): boolean {
  const named = call.limit !== undefined && attempt.limit !== undefined;
  return call.status === 503 || !named || call.limit === attempt.limit;
}

/** A retry of the refused call itself cannot have been on its way when the refusal came. */
function isRetryOf(attempt: Call, refused: Call): boolean {
  return (
    attempt.operation !== null &&
    attempt.number !== refused.number &&
    attempt.operation === refused.operation &&
    // Without a trace it may as well be another worker's.
    attempt.traceId !== null &&
    attempt.traceId === refused.traceId
  );
}
