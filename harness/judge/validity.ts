import { formatDuration } from '../kit/durations.ts';
import type { ObjectiveVerdict, Receipt, RunRecord } from '../record.ts';
import { judgeBad } from './judge-bad.ts';
import { latenessReason } from './lateness.ts';
import { samplesIn } from './outcomes.ts';
import { unsteadyBaseline } from './stationary.ts';
import type { Evidence } from './types.ts';
import { firstFaultMs, windowsOf } from './windows.ts';
import { percent } from './wording.ts';

/** What the baseline has to keep where the scenario promises nothing about it. */
const defaultAvailability = 0.99;
/** A fault shorter than this share of its plan was not the fault that the scenario is about. */
const leastActiveShare = 0.9;

/**
 * Why the experiment itself did not hold; empty when it did. An interrupted run is not blamed for what it never came to. `objectives`
 * are their verdicts: what could not have changed one of them is no reason.
 */
export function invalidReasons(evidence: Evidence, objectives: readonly ObjectiveVerdict[]): readonly string[] {
  const { record, samples, calls } = evidence;
  if (samples.length === 0 && calls.length === 0) return ['No traffic: nothing was sent and nothing arrived.'];
  return [
    ...neverSent(evidence),
    ...brokenWorld(record),
    ...faultReasons(record),
    ...linkReasons(record),
    ...baselineReasons(evidence),
    ...unsteadyBaseline(evidence),
    ...latenessReason(evidence, objectives),
    ...objectives.filter((one) => one.outcome === 'invalid').map((one) => `${one.name}: ${one.finding}`),
  ];
}

/** What the harness lost of its own: a target is not to blame for that, and what was not seen is no pass. */
function brokenWorld(record: Evidence['record']): readonly string[] {
  const unread = (record.unreadable ?? []).map((part) => `What ${part} saw could not be read to its end.`);
  const dead = record.processes
    .filter((child) => child.died !== null && child.name !== 'target')
    .map(
      (child) =>
        `${child.name} ${child.died ?? ''} in the middle of the run${child.output === null ? '' : `, see ${child.output}`}.`,
    );
  return [...unread, ...dead];
}

/** Load that the plan has and of which not one request left the generator. */
function neverSent({ record, samples }: Evidence): readonly string[] {
  return record.plan.load
    .filter((load) => load.requests !== null && load.requests > 0)
    .filter(({ operation, workClass }) =>
      samples.every(
        (sample) => sample.operation !== operation || sample.workClass !== workClass || sample.sentMs === null,
      ),
    )
    .filter(() => record.run.interrupted === null)
    .map(
      (load) =>
        `No traffic: none of ${load.requests ?? 0} planned "${load.operation}" requests (${load.workClass}) was sent.`,
    );
}

function faultReasons(record: Evidence['record']): readonly string[] {
  const interrupted = record.run.interrupted !== null;
  return record.plan.faults.flatMap((fault) => {
    const receipts = record.receipts.filter((receipt) => receipt.fault === fault.name);
    if (receipts.length === 0)
      return interrupted ? [] : [`The fault "${fault.name}" left no receipt: nobody knows whether it was there.`];
    return receipts
      .filter((receipt) => receipt.ended !== 'interrupted')
      .flatMap((receipt) => receiptReasons(receipt, plannedMs(record, fault.name)));
  });
}

function receiptReasons(receipt: Receipt, planned: number | undefined): readonly string[] {
  const { fault, part, seen, altered, activeFromMs, activeToMs, ended } = receipt;
  const activeMs = activeToMs - activeFromMs;
  if (altered === 0) return [`The fault "${fault}" at ${part} altered nothing (it saw ${seen}): it never bit.`];
  if (planned === undefined || activeMs >= leastActiveShare * planned) return [];
  const why = ended === 'lease lapsed' ? 'its lease lapsed in the middle' : 'it was too short';
  return [
    `The fault "${fault}" at ${part} was there for ${formatDuration(activeMs)} of ${formatDuration(planned)}: ${why}.`,
  ];
}

function plannedMs(record: Evidence['record'], fault: string): number | undefined {
  const phase = record.plan.phases.find((one) => one.fault === fault);
  return phase && phase.endMs - phase.startMs;
}

/** Nobody gets a pass by going around a link; the front link is one too. */
function linkReasons(record: Evidence['record']): readonly string[] {
  const { baselineTraffic, plan, run } = record;
  if (run.interrupted !== null && baselineTraffic.length === 0) return [];
  const silent = baselineTraffic.filter((link) => link.bytesToPart + link.bytesFromPart === 0).map(silentLink);
  const unmeasured = plan.parts
    .filter((part) => baselineTraffic.every((link) => link.to !== part.name))
    .map((part) => `What the link to ${part.name} carried in the baseline is not known.`);
  return [...silent, ...unmeasured];
}

function silentLink(link: RunRecord['baselineTraffic'][number]): string {
  const carried = `The link from ${link.from} to ${link.to} carried nothing in the baseline`;
  if (link.variables.length === 0) return `${carried}: the load did not reach it.`;
  return `${carried}: ${link.from} ignored ${link.variables.join(', ')}.`;
}

/**
 * A service that is bad before anything goes wrong cannot show what a fault does to it. What may still have been under way when the first fault began
 * says nothing about the time before: only what had had its time by then is counted, where there is any.
 */
function baselineReasons(evidence: Evidence): readonly string[] {
  const windows = windowsOf(evidence, 'baseline');
  const faultMs = firstFaultMs(evidence) ?? Infinity;
  const interactive = samplesIn(evidence, { windows }).filter((sample) => sample.workClass === 'interactive');
  const settled = interactive.filter(({ dueMs, deadlineMs }) => dueMs + deadlineMs <= faultMs);
  const inBaseline = settled.length > 0 ? settled : interactive;
  return [...new Set(inBaseline.map((sample) => sample.operation))].flatMap((operation) => {
    const atLeast = promisedAvailability(evidence, operation);
    const judged = judgeBad(
      inBaseline.filter((sample) => sample.operation === operation),
      { windows, budget: 1 - atLeast },
    );
    return judged.outcome === 'fail'
      ? [
          `The baseline was bad already: ${percent(1 - judged.share)} of "${operation}" was good before any fault, limit ${percent(atLeast)} (n = ${judged.count}).`,
        ]
      : [];
  });
}

/** The lowest that the scenario's own objectives ask for, since that is all it promises. */
function promisedAvailability({ record }: Evidence, operation: string): number {
  const promised = record.plan.objectives.flatMap(({ kind, settings }) => {
    const atLeast = settings['atLeast'];
    return kind === 'availability' && settings['of'] === operation && typeof atLeast === 'number' ? [atLeast] : [];
  });
  return promised.length === 0 ? defaultAvailability : Math.min(...promised);
}
