import { blackHoleInjector } from './black-hole.ts';
import { cutStreamInjector } from './cut-stream.ts';
import { failRequestsInjector } from './fail-requests.ts';
import { memoryPressureInjector } from './memory-pressure.ts';
import { narrowLinkInjector } from './narrow-link.ts';
import { noisyNeighbourInjector } from './noisy-neighbour.ts';
import { resetConnectionsInjector } from './reset-connections.ts';
import { slowFirstByteInjector } from './slow-first-byte.ts';
import { slowLinkInjector } from './slow-link.ts';
import { stallStreamInjector } from './stall-stream.ts';
import { streamErrorInjector } from './stream-error.ts';
import { throttleInjector } from './throttle.ts';
import type { FaultInjector, FaultSpec } from './types.ts';
import { unavailableInjector } from './unavailable.ts';

/** Every kind of fault there is. */
export const injectors: readonly FaultInjector[] = [
  blackHoleInjector,
  cutStreamInjector,
  failRequestsInjector,
  memoryPressureInjector,
  narrowLinkInjector,
  noisyNeighbourInjector,
  resetConnectionsInjector,
  slowFirstByteInjector,
  slowLinkInjector,
  stallStreamInjector,
  streamErrorInjector,
  throttleInjector,
  unavailableInjector,
];

export function injectorFor(kind: string): FaultInjector | undefined {
  return injectors.find((injector) => injector.kind === kind);
}

/** Every mistake in the faults of a scenario, in its author's words. */
export function checkFaults(faults: readonly FaultSpec[], parts: readonly string[]): string[] {
  return faults.flatMap((fault) => {
    const injector = injectorFor(fault.kind);
    if (!injector)
      return [
        `Fault "${fault.name}": there is no kind "${fault.kind}". Known: ${injectors.map((known) => known.kind).join(', ')}.`,
      ];
    const problems = injector.settings.safeParse(fault.settings).error?.issues ?? [];
    const where = parts.includes(fault.part)
      ? []
      : [`Fault "${fault.name}": there is no part "${fault.part}". The world has: ${parts.join(', ')}.`];
    return [
      ...where,
      ...problems.map((issue) => `Fault "${fault.name}": ${issue.path.join('.') || 'settings'}: ${issue.message}`),
    ];
  });
}
