import type { ObjectiveVerdict } from '../record.ts';
import type { Evidence } from './types.ts';

/** Lateness up to this share of a latency limit is lost in it. */
const shareOfLimit = 0.1;
/** Above this the arrivals are no longer those of the plan: what was spread out comes in bursts. */
const mostMs = 250;

/** Objectives whose numbers contain the lateness of the generator. */
const sensitive = new Set(['availability', 'timeToFirstToken', 'queueBounded', 'goodput', 'wastedWork']);

/**
 * Whether the load generator was so late that a verdict may be its fault. Latency counts from when a request was due, so lateness adds to
 * every latency and can only make the target look worse: a pass stands in spite of it. It is therefore a reason where p99 is more than a
 * tenth of the smallest latency limit and an objective that contains latency did not pass. Above 250 ms it is a reason in any case,
 * because requests that were due one after another were sent in bursts: another load than the one that was planned.
 */
export function latenessReason(evidence: Evidence, objectives: readonly ObjectiveVerdict[]): readonly string[] {
  const { lateness, plan } = evidence.record;
  if (lateness.count === 0) return [];
  const p99 = `The load generator was late: p99 was ${Math.round(lateness.p99Ms)} ms`;
  if (lateness.p99Ms > mostMs) return [`${p99}, limit ${mostMs} ms (n = ${lateness.count}).`];
  const limitMs = smallestLimitMs(plan);
  if (limitMs === undefined || lateness.p99Ms <= shareOfLimit * limitMs) return [];
  const touched = objectives.filter((one) => sensitive.has(one.kind) && one.outcome !== 'pass');
  if (touched.length === 0) return [];
  const names = touched.map((one) => one.name).join(', ');
  return [`${p99}, more than a tenth of the limit of ${limitMs} ms, and that may be why ${names} did not pass.`];
}

/** The smallest limit on a latency: those of the objectives, and the deadline of the requests. */
function smallestLimitMs(plan: Evidence['record']['plan']): number | undefined {
  const limits = plan.objectives.flatMap(({ settings }) => {
    const ages = settings['ageAtMostMs'];
    const perClass: unknown[] = typeof ages === 'object' && ages !== null ? Object.values(ages) : [];
    return [settings['atMostMs'], ...perClass].filter((limit): limit is number => typeof limit === 'number');
  });
  const deadlines = plan.loadSpecs
    .map((load) => load['deadlineMs'])
    .filter((limit): limit is number => typeof limit === 'number');
  const all = [...limits, ...deadlines, ...(plan.timeoutMs > 0 ? [plan.timeoutMs] : [])];
  return all.length === 0 ? undefined : Math.min(...all);
}
