import type { Call } from '../observe/observations.ts';
import type { Evidence } from './types.ts';
import { isInside, type Window } from './windows.ts';

/** The attempts at one logical operation, in order of arrival. */
export interface Operation {
  readonly name: string;
  readonly attempts: readonly Call[];
}

/** Which calls to look at. */
export interface CallFilter {
  readonly at: string;
  /** Only operations whose name begins so: `ticket/`. */
  readonly operationPrefix?: string | undefined;
  readonly windows?: readonly Window[];
}

/** The attempts at a part in order of arrival. Polls and health checks, which are no operation, are left out. */
export function attemptsAt(evidence: Evidence, filter: CallFilter): readonly Call[] {
  const { at, operationPrefix = '', windows } = filter;
  return evidence.calls
    .filter(
      (call) =>
        call.part === at &&
        call.operation?.startsWith(operationPrefix) === true &&
        (windows === undefined || isInside(windows, call.receivedMs)),
    )
    .toSorted((left, right) => left.receivedMs - right.receivedMs || left.number - right.number);
}
