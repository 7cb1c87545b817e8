import { z } from 'zod';
import { injectIntoRequests, longestMs, requestFaultSpec, whichSettings, type RequestFault } from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = whichSettings.extend({
  delayMs: z.int().min(0).max(longestMs),
  jitterMs: z.int().min(0).max(longestMs),
});

/** Answers of the part begin later; what follows keeps its pace. A connection has one answer at a time, so that those behind it wait, too. */
export function slowFirstByte(fault: { delayMs: number; jitterMs?: number } & RequestFault): FaultSpec {
  const { part, delayMs, jitterMs = 0 } = fault;
  return requestFaultSpec(fault, {
    ...{ kind: 'slowFirstByte', name: 'slow-first-byte' },
    summary: `answers of ${part} begin ${delayMs} ms later (± ${jitterMs} ms)`,
    settings: { delayMs, jitterMs },
  });
}

export const slowFirstByteInjector: FaultInjector = {
  kind: 'slowFirstByte',
  settings,
  inject: (spec, access) => {
    const { delayMs, jitterMs, ...which } = settings.parse(spec.settings);
    const attributes = { latency: delayMs, jitter: jitterMs };
    return injectIntoRequests(spec, access, { type: 'http_latency', attributes, which });
  },
};
