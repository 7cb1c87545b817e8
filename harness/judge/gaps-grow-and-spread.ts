import { z } from 'zod';
import { attemptsAt, type Operation } from './attempts.ts';
import { defineJudge, inconclusive, objectiveSpec, worstOf, type Named } from './objective.ts';
import { doubtHint, operationsOf } from './operations.ts';
import { retriedPolls } from './retried-polls.ts';
import { toFail, toPass } from './statistics/confidence.ts';
import { coefficientOfVariation, quantileBounds, sorted } from './statistics/quantile.ts';
import type { ObjectiveSpec } from './types.ts';
import { figure, latency, percent, plain } from './wording.ts';

const Settings = z.strictObject({
  at: z.string().min(1),
  baseMs: z.number().positive().default(500),
  minimumGaps: z.int().min(2).default(8),
});
const kind = 'gapsGrowAndSpread';

/** The median gap before a retry is at least this share of base x 2^(k-1); gaps vary by at least this much. Source: defect A2. */
const growthShare = 0.5;
const leastVariation = 0.25;
/** Retries that come so close together are in step; so many of them may be by chance. */
const inStepMs = 50;
const mostInStep = 1 / 3;
/** A retry number with fewer gaps than this is judged only together with the others. */
const fewestGaps = 3;
/** With more than this share of gaps of which nobody knows whether they are any, the others do not speak for all. */
const mostDoubtful = 0.05;

/**
 * Retries back off and do not come in step: the gap before retry k grows like base x 2^(k-1), and gaps differ, or, where they do not, hardly
 * any two retries come at the same time (a client that sends them at an even pace needs no chance). Gaps after an answer with
 * Retry-After are left out. Polls count where their trace shows that they are retries: an outage may meet a target with no record in hand.
 * Default base 500 ms, at least 8 gaps. Bursts of many clients at the restore are not judged: the target
 * is one client, so there is nothing to be in step with.
 */
export function gapsGrowAndSpread(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'gaps-grow-and-spread', ...settings } = options;
  const statement = `Gaps between attempts at one operation at ${settings.at} grow from ${settings.baseMs ?? 500} ms on, and are spread out.`;
  return objectiveSpec({ kind, name, statement, settings });
}

interface Gap {
  /** When it was over. */
  readonly atMs: number;
  /** 1 for the gap before the second attempt. */
  readonly retry: number;
  readonly gapMs: number;
  /** The gap ÷ base x 2^(retry-1). */
  readonly relative: number;
}

export const gapsGrowAndSpreadJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ at, baseMs, minimumGaps }, evidence) => {
    const sorted = operationsOf(attemptsAt(evidence, { at }), evidence);
    const gaps = [...sorted.surely, ...retriedPolls(evidence, at)].flatMap((operation) => gapsOf(operation, baseMs));
    if (gaps.length < minimumGaps) {
      return inconclusive(
        `Only ${gaps.length} of at least ${minimumGaps} gaps between attempts were seen at ${at} (those after a Retry-After do not count).${doubtHint(at, sorted)}`,
        { sampleCount: gaps.length, figures: [figure('gaps', gaps.length, 'gaps')] },
      );
    }
    const growth = growthOf(gaps, baseMs);
    const variation = coefficientOfVariation(gaps.map((gap) => gap.relative)) ?? 0;
    const inStep = inStepShare(gaps);
    const medians = growth.map(
      ({ what, medianMs, limitMs }) => `${what} ${latency(medianMs)} (at least ${limitMs} ms)`,
    );
    const isKnown = sorted.doubtful <= mostDoubtful * (gaps.length + sorted.doubtful);
    return {
      outcome: worstOf([
        ...growth.map((step) => step.outcome),
        variation >= leastVariation || inStep <= mostInStep ? 'pass' : 'fail',
        isKnown ? 'pass' : 'inconclusive',
      ]),
      finding: `Median gap before ${medians.join(', ')}; variation ${plain(variation)} (at least ${leastVariation}), ${percent(inStep)} came within ${inStepMs} ms of another (or at most ${percent(mostInStep)}) at ${at} (n = ${gaps.length}).${isKnown ? '' : doubtHint(at, sorted)}`,
      figures: [
        ...growth.map(({ what, medianMs, limitMs }) => figure(`median gap before ${what}`, medianMs, 'ms', limitMs)),
        figure('variation of gaps', variation, 'ratio', leastVariation),
        figure('retries in step', inStep, 'ratio', mostInStep),
      ],
      sampleCount: gaps.length,
    };
  },
});

function gapsOf(operation: Operation, baseMs: number): readonly Gap[] {
  return operation.attempts.flatMap((next, index) => {
    const previous = operation.attempts[index - 1];
    if (!previous || previous.endedMs === null || previous.retryAfterMs !== null) return [];
    const gapMs = Math.max(0, next.receivedMs - previous.endedMs);
    return [{ atMs: next.receivedMs, retry: index, gapMs, relative: gapMs / (baseMs * 2 ** (index - 1)) }];
  });
}

/** The share of retries that came at the same time as another one. */
function inStepShare(gaps: readonly Gap[]): number {
  const times = sorted(gaps.map((gap) => gap.atMs));
  const isClose = (index: number): boolean =>
    Math.min(
      (times[index] ?? 0) - (times[index - 1] ?? -Infinity),
      (times[index + 1] ?? Infinity) - (times[index] ?? 0),
    ) <= inStepMs;
  return times.filter((_, index) => isClose(index)).length / times.length;
}

interface Growth {
  readonly what: string;
  readonly medianMs: number;
  readonly limitMs: number;
  readonly outcome: 'pass' | 'fail' | 'inconclusive';
}

/** By retry number where there are enough, and all together by how they compare with what was due. */
function growthOf(gaps: readonly Gap[], baseMs: number): readonly Growth[] {
  const last = Math.max(...gaps.map((gap) => gap.retry));
  const steps = Array.from({ length: last }, (_, index) => gaps.filter((gap) => gap.retry === index + 1));
  const judged = steps.flatMap((step, index) => {
    if (step.length < fewestGaps) return [];
    const limitMs = growthShare * baseMs * 2 ** index;
    return [
      growth(
        `retry ${index + 1}`,
        step.map((gap) => gap.gapMs),
        limitMs,
      ),
    ];
  });
  const first = growthShare * baseMs;
  return judged.length > 0
    ? judged
    : [
        growth(
          'a retry (as if the first)',
          gaps.map((gap) => gap.relative * baseMs),
          first,
        ),
      ];
}

/** Fails when the median is surely too short (99 %), passes when that of the sample is long enough. */
function growth(what: string, gapsMs: readonly number[], limitMs: number): Growth {
  const median = quantileBounds(sorted(gapsMs), { quantile: 0.5, lowerAlpha: toPass.alpha, upperAlpha: toFail.alpha });
  const medianMs = median.value ?? 0;
  const surelyShort = median.upper !== null && median.upper < limitMs;
  return { what, medianMs, limitMs, outcome: medianMs >= limitMs ? 'pass' : surelyShort ? 'fail' : 'inconclusive' };
}
