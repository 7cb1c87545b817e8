import { z } from 'zod';
import { formatDuration } from '../kit/durations.ts';
import { backlogReadings, deadLettered, settledLevel, type Reading } from './backlog.ts';
import { defineJudge, inconclusive, objectiveSpec, type Finding, type Named } from './objective.ts';
import type { Figure } from '../record.ts';
import type { ObjectiveSpec } from './types.ts';
import { firstFaultMs, lastHealMs } from './windows.ts';
import { figure, plain } from './wording.ts';

const Settings = z.strictObject({
  within: z.number().positive().default(1.25),
  from: z.string().min(1).optional(),
});
const kind = 'drained';

/**
 * After the last heal the backlog is back at its level of the baseline, and stays there, within this factor (default 1.25) of what the
 * formula of queueing says. `from` names the source where there is one only: the backlog is not recorded by source.
 */
export function drained(options: Readonly<z.input<typeof Settings>> & Named = {}): ObjectiveSpec {
  const { name = 'drained', ...settings } = options;
  const whose = settings.from === undefined ? 'The backlog' : `The backlog of ${settings.from}`;
  const statement = `${whose} drains within ${settings.within ?? 1.25} x the time of the formula once the faults are gone.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const drainedJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ within, from }, evidence) => {
    const { plan, ledger } = evidence.record;
    const healMs = lastHealMs(evidence);
    if (plan.expectedDrainMs === null)
      return inconclusive('Nothing is expected to queue up, so there is no formula to hold a drain against.');
    if (healMs === null) return inconclusive('There was no fault, so there was nothing to drain.');
    const others = from === undefined ? [] : Object.keys(ledger.sources).filter((source) => source !== from);
    if (others.length > 0)
      return inconclusive(`The backlog is not recorded by source, and there is also ${others.join(', ')}.`);
    const readings = backlogReadings(evidence, deadLettered(evidence));
    const after = readings.filter((reading) => reading.atMs >= healMs);
    if (after.length === 0) return inconclusive('The backlog was not read after the faults were gone.');
    const level = settledLevel(evidence, readings);
    const peak = highest(readings.filter((reading) => reading.atMs >= (firstFaultMs(evidence) ?? healMs)));
    if (peak <= level)
      return inconclusive(
        `Nothing piled up that could have drained: the backlog was at ${peak} at most from the first fault on, and at ${plain(level)} it counts as drained.`,
        { sampleCount: after.length },
      );
    return judgeDrain({ after, healMs, level, limitMs: within * plan.expectedDrainMs, holdMs: plan.holdMs });
  },
});

/** With a longer time between two readings nobody knows what was in between; they are taken once a second. */
const longestGapMs = 5000;

interface Drain {
  readonly after: readonly Reading[];
  readonly healMs: number;
  readonly level: number;
  readonly limitMs: number;
  readonly holdMs: number;
}

function judgeDrain(drain: Drain): Finding {
  const { after, healMs, level, limitMs, holdMs } = drain;
  const last = after.at(-1) ?? { atMs: healMs, count: 0 };
  const horizonMs = last.atMs - healMs;
  const start = after.findIndex((_, index) => staysDown(after, index, drain));
  const limit = `limit ${formatDuration(limitMs)}`;
  const sampleCount = after.length;
  const figures = (drainMs: number | null): readonly Figure[] => [
    figure('drain time', drainMs, 'ms', limitMs),
    figure('highest backlog after the heal', highest(after), 'items'),
    figure('level that counts as drained', level, 'items'),
  ];
  if (start === -1) {
    const text = `The backlog was not back at ${plain(level)} after ${formatDuration(horizonMs)} (> horizon), ${limit}; the last reading was ${last.count} (n = ${sampleCount}).`;
    const seen = { sampleCount, figures: figures(null) };
    if (horizonMs < limitMs) return inconclusive(`${text} The recovery was shorter than the limit.`, seen);
    return { outcome: 'fail', finding: text, ...seen };
  }
  // It happened between the reading before (or the heal) and this one.
  const drainMs = (after[start]?.atMs ?? healMs) - healMs;
  const notBeforeMs = start === 0 ? 0 : (after[start - 1]?.atMs ?? healMs) - healMs;
  const text = `The backlog was back at ${plain(level)} ${formatDuration(start === 0 ? 0 : drainMs)} after the last fault, ${limit} (n = ${sampleCount}, highest ${highest(after)}).`;
  const seen = { sampleCount, figures: figures(start === 0 ? 0 : drainMs) };
  if (notBeforeMs > limitMs) return { outcome: 'fail', finding: text, ...seen };
  if (horizonMs - drainMs < holdMs / 2)
    return inconclusive(`${text} It was watched for too short a time after that.`, seen);
  const gapMs = widestGapMs([
    healMs,
    ...after.map((reading) => reading.atMs).filter((atMs) => atMs <= healMs + drainMs + holdMs),
  ]);
  if (gapMs > longestGapMs) return inconclusive(`${text} For ${formatDuration(gapMs)} it was not read.`, seen);
  // A backlog that was down at the first reading needs no interval: it never was up.
  if (start > 0 && drainMs > limitMs) return inconclusive(`${text} Readings are too far apart to tell.`, seen);
  return { outcome: 'pass', finding: text, ...seen };
}

/** At the level from this reading on, for the hold window or to the end of the readings. */
function staysDown(after: readonly Reading[], index: number, { level, holdMs }: Drain): boolean {
  const from = after[index];
  return (
    from !== undefined &&
    after.slice(index).every((reading) => reading.count <= level || reading.atMs > from.atMs + holdMs)
  );
}

function highest(readings: readonly Reading[]): number {
  return readings.reduce((most, reading) => Math.max(most, reading.count), 0);
}

function widestGapMs(timesMs: readonly number[]): number {
  return timesMs.reduce((widest, atMs, index) => Math.max(widest, atMs - (timesMs[index - 1] ?? atMs)), 0);
}
