import { z } from 'zod';
import { injectIntoLink } from './link-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = z.object({});

/** Requests arrive at the part, answers never come back; connections stay open. */
export function blackHole(fault: { part: string; name?: string; durationMs?: number }): FaultSpec {
  return {
    name: fault.name ?? 'black-hole',
    kind: 'blackHole',
    part: fault.part,
    summary: `answers of ${fault.part} never arrive`,
    settings: {},
    remainingPerSecond: 0,
    ...(fault.durationMs === undefined ? {} : { durationMs: fault.durationMs }),
  };
}

export const blackHoleInjector: FaultInjector = {
  kind: 'blackHole',
  settings,
  inject: (spec, access) => injectIntoLink(spec, access, { type: 'timeout', attributes: { timeout: 0 } }),
};
