import { arch, cpus, platform } from 'node:os';
import type { Experiment } from './experiment.ts';
import type { Observers } from './gather.ts';
import type { Evidence } from './judge/types.ts';
import type { Call, Sample } from './observe/observations.ts';
import { recordVersion, type Receipt, type RunRecord } from './record.ts';
import { logFiles } from './run-folder.ts';
import { gamedayVersion } from './version.ts';

/** What was seen of a run that is over. */
export interface Seen {
  readonly originMs: number;
  readonly receipts: Receipt[];
  readonly baselineTraffic: RunRecord['baselineTraffic'];
  readonly observers: Observers;
  readonly world: { processes(): RunRecord['processes'] };
}

/** Collects what is left to collect and puts everything that judges and reports may know into one place. */
export async function evidenceOf(experiment: Experiment, seen: Seen): Promise<Evidence> {
  const { options, plan, samples, notes } = experiment;
  const { originMs } = seen;
  const [log, { ledger, problems, unread }] = await Promise.all([
    seen.observers.calls.finish(originMs),
    seen.observers.ledger.finish(originMs),
  ]);
  notes.push(...problems, ...log.missing.map((part) => `The journal of ${part} could not be read to its end.`));
  const unreadable = [...log.missing, ...unread];
  samples.sort((left, right) => left.dueMs - right.dueMs);
  const processes = seen.world
    .processes()
    .map((child) => ({ ...child, diedAtMs: child.diedAtMs === null ? null : child.diedAtMs - originMs }));
  const record: Evidence['record'] = {
    version: recordVersion,
    run: {
      id: experiment.id,
      startedAt: new Date(experiment.startedAtMs).toISOString(),
      originMs,
      world: experiment.surroundings.name,
      ...(options.interleave === true ? { interleaved: true } : {}),
      target: options.target.name,
      defect: options.defect,
      command: options.command,
      versions: {
        gameday: gamedayVersion(),
        node: process.version,
        platform: `${platform()} ${arch()}, ${cpus().length} cores`,
      },
      interrupted: options.signal.aborted ? interruptionOf(options.signal) : null,
    },
    plan,
    receipts: seen.receipts,
    ledger,
    baselineTraffic: seen.baselineTraffic,
    lateness: latenessOf(samples),
    telemetry: experiment.series.since(originMs),
    processes,
    notes,
    ...(unreadable.length > 0 ? { unreadable } : {}),
    logs: logFiles(),
  };
  return { record, samples, calls: withDueTimes(log.calls, samples) };
}

function interruptionOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
}

/** How late the load generator sent what was due. */
function latenessOf(samples: readonly Sample[]): RunRecord['lateness'] {
  const lateMs = samples
    .flatMap((sample) => (sample.sentMs === null ? [] : [Math.max(0, sample.sentMs - sample.dueMs)]))
    .sort((left, right) => left - right);
  const at = (share: number): number => lateMs[Math.max(0, Math.ceil(share * lateMs.length) - 1)] ?? 0;
  return { count: lateMs.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** Tells each call when the work that it belongs to was due, by the trace id that came with it. */
function withDueTimes(calls: readonly Call[], samples: readonly Sample[]): Call[] {
  const due = new Map(samples.map((sample) => [sample.id, sample.dueMs]));
  return calls.map((call) => ({ ...call, dueMs: (call.traceId === null ? undefined : due.get(call.traceId)) ?? null }));
}
