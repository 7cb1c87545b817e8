import { z } from 'zod';
import type { Sample, WorkClass } from '../observe/observations.ts';
import { defineJudge, inconclusive, objectiveSpec, worstOf, type Named } from './objective.ts';
import { gaveUp, isShed, samplesIn } from './outcomes.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { judgeShare } from './statistics/judge-share.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, windowsOf, type Window } from './windows.ts';
import { countOf, figure, latency, percent, samplesHint } from './wording.ts';

const PerClass = z.strictObject({
  interactive: z.number().positive().optional(),
  batch: z.number().positive().optional(),
});
const Settings = z.strictObject({
  depthAtMost: PerClass,
  ageAtMostMs: PerClass.optional(),
  gaveUpAtMost: z.number().gt(0).lt(1).default(0.01),
  during: DuringSchema.default('run'),
});
const kind = 'queueBounded';
type BoundedSettings = z.output<typeof Settings>;

/**
 * The target refuses what it cannot do in time instead of queueing it. By class: at most `depthAtMost` requests are outstanding at once;
 * no accepted request takes longer than `ageAtMostMs` (default: its own deadline); and callers give up on at most `gaveUpAtMost` (default
 * 1 %) of what was not refused. Default window: the whole run but the warm-up.
 */
export function queueBounded(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'queue-bounded', ...settings } = options;
  const when = describeDuring(settings.during ?? 'run');
  const statement = `Requests do not pile up at the target and none that it accepts grows older than its deadline, ${when}.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const queueBoundedJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: (settings, evidence) => {
    const windows = windowsOf(evidence, settings.during);
    const all = samplesIn(evidence, { windows }).filter((sample) => sample.sentMs !== null);
    const classes = (['interactive', 'batch'] as const)
      .map((workClass) => ({ workClass, samples: all.filter((sample) => sample.workClass === workClass) }))
      .filter(({ samples }) => samples.length > 0);
    if (classes.length === 0) return inconclusive(`No request was sent ${describeDuring(settings.during)}.`);
    const judged = classes.map(({ workClass, samples }) => judgeClass({ workClass, samples, settings, windows }));
    return {
      outcome: worstOf(judged.map((one) => one.outcome)),
      finding: judged.map((one) => one.finding).join(' '),
      figures: judged.flatMap((one) => one.figures),
      sampleCount: all.length,
      counterexamples: judged.flatMap((one) => one.counterexamples),
    };
  },
});

function judgeClass(of: {
  workClass: WorkClass;
  samples: readonly Sample[];
  settings: BoundedSettings;
  windows: readonly Window[];
}) {
  const { workClass, samples, settings, windows } = of;
  const depth = deepest(samples);
  const depthLimit = settings.depthAtMost[workClass];
  const accepted = samples.filter((sample) => !isShed(sample));
  const limitOf = (sample: Sample): number => settings.ageAtMostMs?.[workClass] ?? sample.deadlineMs;
  const old = accepted
    .filter((sample) => sample.outcome.kind === 'good' && ageMs(sample) > limitOf(sample))
    .toSorted((left, right) => ageMs(right) - ageMs(left));
  const oldestMs = accepted.reduce((oldest, sample) => Math.max(oldest, ageMs(sample)), 0);
  const events = accepted.map((sample) => ({ atMs: sample.dueMs, bad: gaveUp(sample) }));
  const share = judgeShare({
    bad: events.filter((event) => event.bad).length,
    count: events.length,
    budget: settings.gaveUpAtMost,
    effectiveFraction: effectiveFraction(events, windows),
  });
  const tooDeep = depthLimit !== undefined && depth > depthLimit;
  // All refused: nothing was queued, so nothing could be given up.
  const waited = accepted.length === 0 ? 'pass' : share.outcome;
  const outcome = worstOf([tooDeep || old.length > 0 ? 'fail' : 'pass', waited]);
  const limit = depthLimit === undefined ? '' : `, limit ${depthLimit}`;
  const hint = waited === 'inconclusive' ? ` ${samplesHint(share, windows)}` : '';
  return {
    outcome,
    finding: `${workClass}: at most ${countOf(depth, 'request')} outstanding${limit}; the oldest accepted was ${latency(oldestMs)} old, ${old.length} over the limit; callers gave up on ${percent(share.share)}, limit ${percent(settings.gaveUpAtMost)} (n = ${accepted.length}, ${samples.length - accepted.length} shed).${hint}`,
    figures: [
      figure(`${workClass}: most outstanding`, depth, 'requests', depthLimit),
      figure(`${workClass}: oldest accepted`, oldestMs, 'ms', Math.max(0, ...samples.map(limitOf))),
      figure(`${workClass}: gave up`, share.share, 'ratio', settings.gaveUpAtMost),
    ],
    counterexamples: old.map(
      (sample) =>
        `${workClass} request due at ${Math.round(sample.dueMs)} ms was answered after ${latency(ageMs(sample))}`,
    ),
  };
}

/** From when it was due to its end; one that never ended is as old as its deadline, when its caller left. */
function ageMs(sample: Sample): number {
  return sample.doneMs === null ? sample.deadlineMs : sample.doneMs - sample.dueMs;
}

/** The most requests that were outstanding at once. */
function deepest(samples: readonly Sample[]): number {
  const events = samples
    .flatMap((sample) => [
      { atMs: sample.sentMs ?? sample.dueMs, change: 1 },
      { atMs: sample.doneMs ?? sample.dueMs + sample.deadlineMs, change: -1 },
    ])
    .toSorted((left, right) => left.atMs - right.atMs || left.change - right.change);
  let open = 0;
  return events.reduce((most, event) => Math.max(most, (open += event.change)), 0);
}
