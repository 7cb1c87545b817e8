import { z } from 'zod';
import type { Call } from '../observe/observations.ts';
import { defineJudge, inconclusive, objectiveSpec, worstOf, type Named } from './objective.ts';
import { toFail, toPass } from './statistics/confidence.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { judgeShare } from './statistics/judge-share.ts';
import { countForUpperBound, quantileBounds, sorted } from './statistics/quantile.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, isInside, windowsOf, type Window } from './windows.ts';
import { figure, percent, plain, samplesHint, timeHint } from './wording.ts';

const Settings = z.strictObject({
  at: z.string().min(1),
  preemptedAtMost: z.number().gt(0).lt(1).default(0.01),
  timePerOutputTokenRatioAtMost: z.number().min(1).default(3),
  during: DuringSchema.default('fault'),
});
const kind = 'preemption';

/**
 * A model server does not thrash: at most this share of finished generations was preempted (default 0.01), and the 99th percentile of the time
 * per output token is at most this many times its median (default 3), without the answers that were asked for in the last fiftieth of the window and outlasted it: their
 * tokens came in what was after it, as the rush of those who had waited. Read from the figures `preemptions` and `timePerOutputTokenMs` of
 * its calls. Default window: all faults. Source: defect E2.
 */
export function preemption(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'preemption', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const statement = `${settings.at} preempts at most ${percent(settings.preemptedAtMost ?? 0.01)} of what it finishes ${when}, and the time per output token stays even.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const preemptionJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: (settings, evidence) => {
    const windows = windowsOf(evidence, settings.during);
    const told = evidence.calls.filter(
      (call) =>
        call.part === settings.at &&
        isInside(windows, call.receivedMs) &&
        isGeneration(call) &&
        isFinishedOrPreempted(call),
    );
    if (told.length === 0) {
      return inconclusive(
        `No finished call at ${settings.at} says ${describeDuring(settings.during)} how often it was preempted.`,
      );
    }
    const share = judgePreempted(told, windows, settings.preemptedAtMost);
    const spread = judgeSpread(told, windows, settings.timePerOutputTokenRatioAtMost);
    return {
      outcome: worstOf([share.outcome, spread.outcome]),
      finding: `${share.finding} ${spread.finding}`,
      figures: [...share.figures, ...spread.figures],
      sampleCount: told.length,
    };
  },
});

/** Only what generates tokens holds blocks of the cache for long, and can be preempted: embeddings would only thin the share out. */
function isGeneration(call: Call): boolean {
  const preemptions = call.figures['preemptions'];
  return preemptions !== undefined && (preemptions > 0 || (call.figures['outputTokens'] ?? 0) > 0);
}

/** A call whose caller gave up after it was preempted was preempted all the same. */
function isFinishedOrPreempted(call: Call): boolean {
  return call.outcome === 'ok' || (call.figures['preemptions'] ?? 0) > 0;
}

function judgePreempted(calls: readonly Call[], windows: readonly Window[], atMost: number) {
  const events = calls.map((call) => ({ atMs: call.receivedMs, bad: (call.figures['preemptions'] ?? 0) > 0 }));
  const judged = judgeShare({
    bad: events.filter((event) => event.bad).length,
    count: events.length,
    budget: atMost,
    effectiveFraction: effectiveFraction(events, windows),
  });
  const hint = judged.outcome === 'inconclusive' ? ` ${samplesHint(judged, windows)}` : '';
  return {
    outcome: judged.outcome,
    finding: `${percent(judged.share)} of finished generations were preempted, limit ${percent(atMost)} (${judged.bad} of n = ${judged.count}).${hint}`,
    figures: [figure('preempted share of finished generations', judged.share, 'ratio', atMost)],
  };
}

/** p99 ÷ p50: fails when even the lower bound of the one over the upper bound of the other is too much, passes the other way round. */
function judgeSpread(calls: readonly Call[], windows: readonly Window[], atMost: number) {
  const timed = calls.filter((call) => call.figures['timePerOutputTokenMs'] !== undefined);
  const inside = timed.filter((call) => !isOfTheEnd(windows, call));
  const leftOut = timed.length - inside.length;
  const times = sorted(inside.flatMap((call) => call.figures['timePerOutputTokenMs'] ?? []));
  const bounds = { lowerAlpha: toFail.alpha, upperAlpha: toPass.alpha };
  const high = quantileBounds(times, { quantile: 0.99, ...bounds });
  const middle = quantileBounds(times, { quantile: 0.5, lowerAlpha: toPass.alpha, upperAlpha: toFail.alpha });
  const surely = over(high.lower, middle.upper);
  const atWorst = over(high.upper, middle.lower);
  const ratio = over(high.value, middle.value);
  const outcome: 'pass' | 'fail' | 'inconclusive' =
    surely !== null && surely > atMost ? 'fail' : atWorst !== null && atWorst <= atMost ? 'pass' : 'inconclusive';
  const needed = countForUpperBound(0.99, toPass.alpha);
  const hint =
    outcome !== 'inconclusive'
      ? ''
      : times.length < needed
        ? ` ${timeHint(needed, times.length, windows)}`
        : ' That is too close to the limit to tell; more samples are needed to decide.';
  return {
    outcome,
    finding: `Time per output token: p99 is ${ratio === null ? 'not known' : `${plain(ratio)} x p50`}, limit ${atMost} x (n = ${times.length}${leftOut === 0 ? '' : `, without ${leftOut} that began as the window ended`}).${hint}`,
    figures: [
      figure('time per output token p99 / p50', ratio, 'ratio', atMost),
      figure('time per output token p50', middle.value, 'ms'),
      figure('time per output token p99', high.value, 'ms'),
    ],
  };
}

/** The last of a window in which answers begin that belong to what comes after it: a fiftieth, so that a fault cannot hide in it. */
const tailShare = 0.02;

/** Whether a call came as a window ended and outlasted it: most of its tokens came in what was after it. */
function isOfTheEnd(windows: readonly Window[], { receivedMs, endedMs }: Call): boolean {
  const window = windows.find(({ fromMs, toMs }) => receivedMs >= fromMs && receivedMs < toMs);
  if (!window) return false;
  const { fromMs, toMs } = window;
  return receivedMs >= toMs - tailShare * (toMs - fromMs) && endedMs !== null && endedMs > toMs;
}

function over(high: number | null, low: number | null): number | null {
  return high === null || low === null || low <= 0 ? null : high / low;
}
