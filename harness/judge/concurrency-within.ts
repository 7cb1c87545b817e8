import { z } from 'zod';
import type { Call } from '../observe/observations.ts';
import { attemptsAt } from './attempts.ts';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import type { ObjectiveSpec } from './types.ts';
import { figure } from './wording.ts';

const Settings = z.strictObject({ at: z.string().min(1), atMost: z.int().min(1) });
const kind = 'concurrencyWithin';

/** An answer is on its way to the caller for a moment after the part has ended the call: at most this long, and half of the call. */
const handOverMs = 10;

/** Never more than this many calls are open at the part at once; polls do not count. A hard invariant. */
export function concurrencyWithin(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'concurrency-within-limit', ...settings } = options;
  const statement = `At most ${settings.atMost} calls are open at ${settings.at} at any time.`;
  return objectiveSpec({ kind, name, statement, settings });
}

interface Overlap {
  readonly open: number;
  readonly atMs: number;
}

export const concurrencyWithinJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: true,
  judge: ({ at, atMost }, evidence) => {
    const calls = attemptsAt(evidence, { at });
    if (calls.length === 0) return inconclusive(`No operation reached ${at}.`);
    const peaks = peaksOf(calls);
    const most = Math.max(...peaks.map((peak) => peak.open));
    const over = peaks.filter((peak) => peak.open > atMost).toSorted((left, right) => right.open - left.open);
    // One whose end nobody saw may have lost its caller long before.
    const unended = calls.filter((call) => call.endedMs === null).length;
    const surely = peaksOf(calls.filter((call) => call.endedMs !== null)).some((peak) => peak.open > atMost);
    const doubt =
      over.length > 0 && !surely ? ` ${unended} of them never ended: whether anybody still waited is not known.` : '';
    return {
      outcome: over.length === 0 ? 'pass' : surely ? 'fail' : 'inconclusive',
      finding: `At most ${most} calls were open at ${at} at once, limit ${atMost} (n = ${calls.length}).${doubt}`,
      figures: [figure('most open calls', most, 'calls', atMost)],
      sampleCount: calls.length,
      counterexamples: over.map(({ open, atMs }) => `${open} open calls at ${Math.round(atMs)} ms`),
    };
  },
});

/** How many calls were open when each began, the peak of every rise only. */
function peaksOf(calls: readonly Call[]): readonly Overlap[] {
  const events = calls
    .flatMap((call) => [
      { atMs: call.receivedMs, change: 1 },
      { atMs: endOf(call), change: -1 },
    ])
    // At the same time, what ends goes first.
    .toSorted((left, right) => (left.atMs === right.atMs ? left.change - right.change : left.atMs - right.atMs));
  const peaks: Overlap[] = [];
  let open = 0;
  for (const [index, { atMs, change }] of events.entries()) {
    open += change;
    if (change === 1 && events[index + 1]?.change !== 1) peaks.push({ open, atMs });
  }
  return peaks;
}

function endOf(call: Call): number {
  if (call.endedMs === null) return Infinity;
  return call.endedMs - Math.min(handOverMs, (call.endedMs - call.receivedMs) / 2);
}
