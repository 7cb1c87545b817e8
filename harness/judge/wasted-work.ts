import { z } from 'zod';
import type { Call, Sample, WorkClass } from '../observe/observations.ts';
import { defineJudge, inconclusive, objectiveSpec, worstOf, type Named } from './objective.ts';
import { gaveUp, isGood, isShed } from './outcomes.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { judgeShare } from './statistics/judge-share.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, isInside, windowsOf, type Window } from './windows.ts';
import { figure, percent, samplesHint } from './wording.ts';

const Settings = z.strictObject({
  at: z.string().min(1),
  atMost: z.number().gt(0).lt(1).default(0.05),
  during: DuringSchema.default('fault'),
});
const kind = 'wastedWork';

/** Word that the caller has left takes a moment to arrive. */
const graceMs = 100;
/** Below this share of calls with a known trace id those that are known do not speak for the others. */
const fewestJoined = 0.5;

/**
 * At most this share (default 0.05) of what a part finishes is for a caller that has given up, in the worst class of work. Needs a target
 * that passes `traceparent` on. Default window: all faults.
 */
export function wastedWork(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'wasted-work', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const statement = `At most ${percent(settings.atMost ?? 0.05)} of what ${settings.at} finishes ${when} is for callers that have given up.`;
  return objectiveSpec({ kind, name, statement, settings });
}

interface Finished {
  readonly call: Call;
  readonly sample: Sample;
}

export const wastedWorkJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ at, atMost, during }, evidence) => {
    const windows = windowsOf(evidence, during);
    const finished = evidence.calls.filter(
      (call) =>
        call.part === at && call.outcome === 'ok' && call.endedMs !== null && isInside(windows, call.receivedMs),
    );
    const when = describeDuring(during);
    if (finished.length === 0) return inconclusive(`${at} finished nothing ${when}.`);
    const samples = new Map(evidence.samples.map((sample) => [sample.id, sample]));
    const joined = finished.flatMap((call) => {
      const sample = call.traceId === null ? undefined : samples.get(call.traceId);
      return sample ? [{ call, sample }] : [];
    });
    if (joined.length === 0 || joined.length / finished.length < fewestJoined) {
      return inconclusive(
        `Only ${joined.length} of ${finished.length} calls at ${at} carry the trace id of a request: the target must pass "traceparent" on.`,
        { sampleCount: joined.length },
      );
    }
    const judged = (['interactive', 'batch'] as const).flatMap((workClass) =>
      judgeClass({ workClass, joined, atMost, windows }),
    );
    const wasted = joined.filter(isWasted).toSorted((left, right) => lateMs(right) - lateMs(left));
    return {
      outcome: worstOf(judged.map((one) => one.outcome)),
      finding: `${judged.map((one) => one.finding).join('; ')}; limit ${percent(atMost)}, at ${at} ${when} (n = ${joined.length} of ${finished.length} finished).${judged.map((one) => one.hint).join('')}`,
      figures: [
        ...judged.map((one) => figure(`wasted share, ${one.workClass}`, one.share, 'ratio', atMost)),
        figure('finished calls without a known trace id', finished.length - joined.length, 'calls'),
      ],
      sampleCount: joined.length,
      counterexamples: wasted
        .slice(0, 10)
        .map(
          (one) =>
            `call ${one.call.number} (${one.sample.workClass}) ended ${Math.round(lateMs(one))} ms after its caller had given up`,
        ),
    };
  },
});

function judgeClass(of: {
  workClass: WorkClass;
  joined: readonly Finished[];
  atMost: number;
  windows: readonly Window[];
}) {
  const { workClass, windows } = of;
  const own = of.joined.filter(({ sample }) => sample.workClass === workClass);
  if (own.length === 0) return [];
  const events = own.map((one) => ({ atMs: one.call.receivedMs, bad: isWasted(one) }));
  const judged = judgeShare({
    bad: events.filter((event) => event.bad).length,
    count: own.length,
    budget: of.atMost,
    effectiveFraction: effectiveFraction(events, windows),
  });
  return [
    {
      workClass,
      outcome: judged.outcome,
      share: judged.share,
      finding: `${percent(judged.share)} of ${workClass} work was wasted (${judged.bad} of ${own.length})`,
      hint: judged.outcome === 'inconclusive' ? ` For ${workClass} work: ${samplesHint(judged, windows)}` : '',
    },
  ];
}

function isWasted(finished: Finished): boolean {
  return lateMs(finished) > graceMs;
}

function lateMs({ call, sample }: Finished): number {
  return (call.endedMs ?? -Infinity) - gaveUpAtMs(sample);
}

/** When the caller left: never one that got its answer or was put off in time (what is done for it later was accepted, not wasted). */
function gaveUpAtMs(sample: Sample): number {
  if (isGood(sample) || isShed(sample)) return Infinity;
  const deadlineMs = sample.dueMs + sample.deadlineMs;
  return gaveUp(sample) ? Math.min(sample.doneMs ?? Infinity, deadlineMs) : deadlineMs;
}
