import type { Context } from '@opentelemetry/api';
import type { Clock } from '../../harness/kit/clock.ts';
import type { WorkClass } from '../../harness/observe/observations.ts';
import { Failure } from './failure.ts';
import type { WorkloadSettings } from './settings.ts';

/** For whom something is done, and until when it is worth doing. Handed down to every call that is made on the way. */
export interface Work {
  readonly workClass: WorkClass;
  /** The trace that it belongs to. */
  readonly trace: Context;
  /** Aborted, with a `Failure` as its reason, when the deadline is over or the caller has hung up. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting: epoch milliseconds; infinite when nobody waits. */
  readonly deadlineMs: number;
}

export interface OpenWork extends Work {
  /** Everything has been done: only its time ends. */
  finish(): void;
  /** The caller has gone, or has been answered with less than everything. Nothing more is done for it. */
  close(): void;
}

/** What a caller said of itself. */
export interface Caller {
  readonly workClass: WorkClass;
  readonly trace: Context;
  /** How long the caller still waits; null when it did not say. */
  readonly timeoutMs: number | null;
  /** Aborted when the caller hangs up. */
  readonly hangUp: AbortSignal;
}

/** Starts the time that a caller gives us: the shorter one of the caller's own limit and ours. */
export function openWork(
  caller: Caller,
  clock: Clock,
  settings: Pick<WorkloadSettings, 'callerLimitMs' | 'defect'>,
): OpenWork {
  const controller = new AbortController();
  const { workClass, trace, hangUp } = caller;
  if (settings.defect === 'A8')
    return { workClass, trace, signal: controller.signal, deadlineMs: Infinity, ...neverStopped };

  const limitMs = Math.min(caller.timeoutMs ?? settings.callerLimitMs, settings.callerLimitMs);
  const finish = (): void => {
    timer.cancel();
    hangUp.removeEventListener('abort', onHangUp);
  };
  const stop = (failure: Failure): void => {
    finish();
    controller.abort(failure);
  };
  const onHangUp = (): void => stop(new Failure('gone', 'The caller hung up.'));
  const timer = clock.setTimer(() => stop(new Failure('deadline', 'The time for it is over.')), limitMs);
  hangUp.addEventListener('abort', onHangUp, { once: true });
  if (hangUp.aborted) onHangUp();
  return {
    workClass,
    trace,
    signal: controller.signal,
    deadlineMs: clock.now() + limitMs,
    finish,
    close: () => stop(new Failure('gone', 'The caller has been answered.')),
  };
}

const neverStopped = { finish: () => undefined, close: () => undefined };

/** A wait that ends with the work: `promise`, or the reason why the work was stopped. */
export function unlessStopped<T>(work: Pick<Work, 'signal'>, promise: Promise<T>): Promise<T> {
  const { signal } = work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // Also for work that was stopped already: the promise must not go unobserved.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Why a signal was aborted, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Failure('gone', 'The work was stopped.');
}
