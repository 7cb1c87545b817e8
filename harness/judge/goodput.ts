import { z } from 'zod';
import { formatDuration } from '../kit/durations.ts';
import type { Sample } from '../observe/observations.ts';
import { judgeBad } from './judge-bad.ts';
import { defineJudge, inconclusive, objectiveSpec, type Finding, type Named } from './objective.ts';
import { isGood, noSamples, samplesIn } from './outcomes.ts';
import { toPass } from './statistics/confidence.ts';
import { recoveryFormulaMs } from './statistics/formulas.ts';
import { recoveryTime, type Recovery } from './statistics/recovery.ts';
import type { ShareJudgement } from './statistics/judge-share.ts';
import { wilsonUpper } from './statistics/wilson.ts';
import type { Evidence, ObjectiveSpec } from './types.ts';
import { horizonMs, lastHealMs, lengthMs, windowsOf, type Window } from './windows.ts';
import { figure, percent, plain, samplesHint } from './wording.ts';

const Settings = z.strictObject({
  of: z.string().min(1),
  atLeast: z.number().gt(0).lt(1).default(0.95),
  utilisation: z.number().positive(),
  retries: z.number().min(0).default(0),
  within: z.number().positive().optional(),
});
const kind = 'goodput';

/**
 * No metastable state: after the last heal, with the load unchanged, good answers are back at this share (default 0.95) of what is
 * offered. `utilisation` is ρ of the load when nothing is wrong: below 0.7, or with faults shorter than max(3τ, 20 s), the experiment could
 * not show a metastable state and is invalid. With `within`, recovery has to take at most that many times the formula for
 * ρ and `retries` (R per operation, default 0), and at most 5 minutes; without it, any time up to one hold window before the end of the
 * load will do; not recovered by then is inconclusive when the load ended before the formula's time was over. A run at less than the scenario's rate whose utilisation is below 0.7 for that is inconclusive. A time counts only when nothing went surely wrong again after it. A run that was interrupted is inconclusive: the load did not go on.
 */
export function goodput(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'goodput-recovers', ...settings } = options;
  const limit = settings.within === undefined ? '' : ` within ${settings.within} x the time of the formula`;
  const statement = `Once the faults are gone and with the load unchanged, good answers of "${settings.of}" are back at ${percent(settings.atLeast ?? 0.95)} of what is offered${limit}.`;
  return objectiveSpec({ kind, name, statement, settings });
}

const leastUtilisation = 0.7;
const leastFaultMs = 20_000;
/** The injector's probe sees a fault of the planned length a little shorter than it is. */
const probeTolerance = 0.95;
const longestRecoveryMs = 300_000;
/** What the recovery rule can resolve, at 50 requests per second. */
const resolutionMs = 2000;
const leastPerSecond = 10;
/** Less than this share of the baseline's rate is not the load unchanged. */
const leastLoadShare = 0.8;

export const goodputJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: (settings, evidence) => {
    const { interrupted } = evidence.record.run;
    // The load ended with the run, not by a choice of the scenario: that says nothing about the experiment, nor about the target.
    if (interrupted !== null)
      return inconclusive(`The load did not go on to its end: the run was interrupted (${interrupted}).`);
    const fromMs = lastHealMs(evidence);
    if (fromMs === null) return inconclusive('There was no fault to recover from.');
    const window = { name: 'after the last heal', fromMs, toMs: horizonMs(evidence) };
    const samples = samplesIn(evidence, { operation: settings.of, windows: [window] });
    if (samples.length === 0) return inconclusive(noSamples(settings.of, 'after the last heal'));
    const quiet = whyQuiet(settings, evidence);
    if (quiet !== undefined) return inconclusive(quiet, { sampleCount: samples.length });
    const unfit = whyUnfit(settings, evidence, samples.length / lengthMs([window]));
    if (unfit !== undefined) return { outcome: 'invalid', finding: unfit, sampleCount: samples.length };
    const perSecond = (samples.length * 1000) / lengthMs([window]);
    if (perSecond < leastPerSecond) {
      return inconclusive(
        `${plain(perSecond)} requests per second are too few to see a recovery: at least ${leastPerSecond} are needed.`,
        { sampleCount: samples.length },
      );
    }
    const { holdMs } = evidence.record.plan;
    if (lengthMs([window]) < holdMs) {
      return inconclusive(
        `The load ended ${formatDuration(lengthMs([window]))} after the last heal; recovery has to hold for ${formatDuration(holdMs)}.`,
        { sampleCount: samples.length },
      );
    }
    return judgeRecovery({ settings, evidence, samples, ...window });
  },
});

/** Why a load at less than the scenario's rate is too low to show a metastable state; undefined where the scenario is to blame, or nothing. */
function whyQuiet({ utilisation }: z.output<typeof Settings>, evidence: Evidence): string | undefined {
  const { rate = 1 } = evidence.record.plan;
  const seen = utilisation * rate;
  if (rate >= 1 || utilisation < leastUtilisation || seen >= leastUtilisation) return undefined;
  return `At ${rate} of the scenario's rate the utilisation is ${plain(seen)}, which cannot show a metastable state: it takes at least ${leastUtilisation}.`;
}

/** Why the experiment could not have shown a metastable state; undefined when it could. */
function whyUnfit(
  { of, utilisation }: z.output<typeof Settings>,
  evidence: Evidence,
  perMs: number,
): string | undefined {
  if (utilisation < leastUtilisation) {
    return `The utilisation of ${utilisation} cannot show a metastable state: it takes at least ${leastUtilisation}.`;
  }
  const neededMs = Math.max(3 * evidence.record.plan.timeoutMs, leastFaultMs);
  const seenMs = longestFaultMs(evidence);
  if (seenMs < probeTolerance * neededMs) {
    return `The longest fault was there for ${formatDuration(seenMs)}; a metastable state needs ${formatDuration(neededMs)}.`;
  }
  const baseline = windowsOf(evidence, 'baseline');
  const before = samplesIn(evidence, { operation: of, windows: baseline }).length / lengthMs(baseline);
  if (before > 0 && perMs < leastLoadShare * before) {
    return `The load did not stay: ${plain(perMs * 1000)} per second after the last heal, ${plain(before * 1000)} in the baseline.`;
  }
  return undefined;
}

function longestFaultMs(evidence: Evidence): number {
  return Math.max(0, ...evidence.record.receipts.map((receipt) => receipt.activeToMs - receipt.activeFromMs));
}

interface After {
  readonly settings: z.output<typeof Settings>;
  readonly evidence: Evidence;
  readonly samples: readonly Sample[];
  readonly fromMs: number;
  readonly toMs: number;
}

function judgeRecovery(after: After): Finding {
  const { settings, evidence, samples, fromMs, toMs } = after;
  const { holdMs } = evidence.record.plan;
  const budget = badBudget(settings, evidence);
  const events = samples.map((sample) => ({ atMs: sample.dueMs, bad: !isGood(sample) }));
  const recovery = recoveryTime(events, { fromMs, toMs, holdMs, budget });
  const end = [{ name: 'end', fromMs: toMs - holdMs, toMs }];
  const ending = samplesIn(evidence, { operation: settings.of, windows: end });
  const atEnd = judgeBad(ending, { windows: end, budget });
  const formulaMs = formulaOf(settings, evidence);
  const limitMs = settings.within === undefined ? undefined : Math.min(longestRecoveryMs, settings.within * formulaMs);
  const figures = [
    figure('recovery time', recovery.kind === 'reached' ? recovery.afterMs : null, 'ms', limitMs),
    figure('goodput at the end', 1 - atEnd.share, 'ratio', settings.atLeast),
    figure('bad share that counts as recovered', budget, 'ratio'),
  ];
  const tail = `${percent(1 - atEnd.share)} of "${settings.of}" was good at the end (limit ${percent(settings.atLeast)}, n = ${samples.length}).`;
  const ended = atEnd.count === 0 ? 'inconclusive' : atEnd.outcome;
  const hint = hintOf(recovery, { atEnd, ended, end, allowedMs: limitMs ?? formulaMs });
  return {
    outcome: outcomeOf(recovery, { ended, limitMs, formulaMs }),
    finding: `${findingOf(recovery, ended === 'fail', limitMs)} ${tail}${hint}`,
    figures,
    sampleCount: samples.length,
  };
}

/** What it would take to decide what is not decided. */
function hintOf(
  recovery: Recovery,
  seen: { atEnd: ShareJudgement; ended: string; end: readonly Window[]; allowedMs: number },
): string {
  if (recovery.kind === 'censored')
    return recovery.horizonMs < seen.allowedMs
      ? ` It may take ${formatDuration(seen.allowedMs)}; the load ended before that. --pace full goes on for longer.`
      : '';
  return seen.ended === 'inconclusive' ? ` ${samplesHint(seen.atEnd, seen.end)}` : '';
}

function outcomeOf(
  recovery: Recovery,
  found: { ended: ShareJudgement['outcome']; limitMs: number | undefined; formulaMs: number },
): Finding['outcome'] {
  // It was watched for less long than a sound service may take.
  if (recovery.kind === 'censored')
    return recovery.horizonMs < (found.limitMs ?? found.formulaMs) ? 'inconclusive' : 'fail';
  return recovery.afterMs > (found.limitMs ?? Infinity) + resolutionMs ? 'fail' : found.ended;
}

function findingOf(recovery: Recovery, endedBadly: boolean, limitMs: number | undefined): string {
  const limit = limitMs === undefined ? '' : `, limit ${formatDuration(limitMs)}`;
  const { relapsedMs } = recovery;
  const relapse =
    relapsedMs === null ? '' : `It was good for a while ${formatDuration(relapsedMs)} after the last heal. `;
  if (recovery.kind === 'censored') {
    return `${relapse}Not recovered ${formatDuration(recovery.horizonMs)} after the last heal (> horizon)${limit}.`;
  }
  const reached = `${relapse}Recovered ${relapse && 'for good '}${formatDuration(recovery.afterMs)} after the last heal${limit}`;
  return endedBadly ? `${reached}, but it did not last.` : `${reached}.`;
}

/** q = max(1 - SLO, 1.5 x the upper bound of the bad share in the baseline): a service is not asked to come back better than it was. */
function badBudget({ of, atLeast }: z.output<typeof Settings>, evidence: Evidence): number {
  const before = samplesIn(evidence, { operation: of, windows: windowsOf(evidence, 'baseline') });
  const promised = Number((1 - atLeast).toFixed(12));
  if (before.length === 0) return promised;
  const bad = before.filter((sample) => !isGood(sample)).length;
  return Math.max(promised, 1.5 * wilsonUpper({ bad, count: before.length }, toPass.z));
}

function formulaOf({ utilisation, retries }: z.output<typeof Settings>, evidence: Evidence): number {
  const { timeoutMs, rate = 1 } = evidence.record.plan;
  return recoveryFormulaMs({ utilisation: utilisation * rate, retries, faultMs: longestFaultMs(evidence), timeoutMs });
}
