import { z } from 'zod';
import { defineJudge, inconclusive, objectiveSpec, type Finding, type Named } from './objective.ts';
import { firstTokenLatencyMs, isShed, noSamples, samplesIn } from './outcomes.ts';
import { toFail, toPass } from './statistics/confidence.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { countForUpperBound, quantileBounds, sorted, type QuantileBounds } from './statistics/quantile.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, windowsOf } from './windows.ts';
import { figure, latency, timeHint } from './wording.ts';

const Settings = z.strictObject({
  of: z.string().min(1),
  quantile: z.number().gt(0).lt(1).default(0.95),
  atMostMs: z.number().positive(),
  during: DuringSchema.default('fault'),
});
const kind = 'timeToFirstToken';

/**
 * A quantile (default 0.95) of the time from when a request was due to its first token. One that was never answered is infinitely slow;
 * a refused one is left out, and said. Default window: all faults.
 */
export function timeToFirstToken(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'time-to-first-token', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const statement = `The first token of "${settings.of}" comes within ${settings.atMostMs} ms (${label(settings.quantile ?? 0.95)}) ${when}.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const timeToFirstTokenJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ of, quantile, atMostMs, during }, evidence): Finding => {
    const windows = windowsOf(evidence, during);
    const due = samplesIn(evidence, { operation: of, windows });
    if (due.length === 0) return inconclusive(noSamples(of, describeDuring(during)));
    const counted = due.filter((sample) => !isShed(sample));
    const shed = due.length - counted.length;
    if (counted.length === 0)
      return inconclusive(`Every "${of}" was refused ${describeDuring(during)} (${shed} shed).`);
    const events = counted.map((sample) => ({ atMs: sample.dueMs, bad: firstTokenLatencyMs(sample) > atMostMs }));
    const bounds = quantileBounds(sorted(counted.map(firstTokenLatencyMs)), {
      quantile,
      lowerAlpha: toFail.alpha,
      upperAlpha: toPass.alpha,
      effectiveFraction: effectiveFraction(events, windows),
    });
    const outcome = outcomeOf(bounds, atMostMs);
    const hint = outcome === 'inconclusive' ? ` ${hintOf(bounds, { quantile, count: counted.length, windows })}` : '';
    return {
      outcome,
      finding: `${label(quantile)} of time to first token was ${latency(bounds.value ?? Infinity)}, limit ${atMostMs} ms (n = ${counted.length}, ${shed} shed).${hint}`,
      figures: [
        figure(`time to first token ${label(quantile)}`, bounds.value, 'ms', atMostMs),
        figure(`${label(quantile)}, lower bound (99 %)`, bounds.lower, 'ms'),
        figure(`${label(quantile)}, upper bound (95 %)`, bounds.upper, 'ms'),
        figure('shed', shed, 'requests'),
      ],
      sampleCount: counted.length,
    };
  },
});

function outcomeOf({ lower, upper }: QuantileBounds, limitMs: number): 'pass' | 'fail' | 'inconclusive' {
  if (lower !== null && lower > limitMs) return 'fail';
  return upper !== null && upper <= limitMs ? 'pass' : 'inconclusive';
}

function hintOf(
  bounds: QuantileBounds,
  seen: { quantile: number; count: number; windows: ReturnType<typeof windowsOf> },
): string {
  if (bounds.upper === null) {
    return timeHint(countForUpperBound(seen.quantile, toPass.alpha), seen.count, seen.windows);
  }
  const range = `between ${latency(bounds.lower ?? 0)} and ${latency(bounds.upper)}`;
  return `It lies ${range}, too close to the limit to tell; more samples are needed to decide.`;
}

function label(quantile: number): string {
  return `p${Number((quantile * 100).toFixed(2))}`;
}
