import { z } from 'zod';
import { injectIntoPart } from './part-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = z.object({
  status: z.int().min(500).max(599),
  // Whole seconds, since the header has no fractions: RFC 9110, section 10.2.3.
  retryAfterSeconds: z.int().nonnegative().optional(),
});

/**
 * The part answers every request with a server error.
 *
 * @param fault.status what it answers: 500 to 599, default 503
 * @param fault.retryAfterSeconds when it says to come back, as the `Retry-After` of each answer: whole seconds from 0; without it the
 * answers have no such header
 * @param fault.durationMs how long it stays, milliseconds; default: as long as the pace says
 */
export function unavailable(fault: {
  part: string;
  status?: number;
  retryAfterSeconds?: number;
  name?: string;
  durationMs?: number;
}): FaultSpec {
  const { part, status = 503, retryAfterSeconds, name, durationMs } = fault;
  const hasHint = retryAfterSeconds !== undefined;
  return {
    name: name ?? 'unavailable',
    kind: 'unavailable',
    part,
    summary: `${part} answers ${status} to everything${hasHint ? `; Retry-After ${retryAfterSeconds} s` : ''}`,
    settings: { status, ...(hasHint ? { retryAfterSeconds } : {}) },
    remainingPerSecond: 0,
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

export const unavailableInjector: FaultInjector = {
  kind: 'unavailable',
  settings,
  inject: (spec, access, leaseMs) => {
    const { status, retryAfterSeconds } = settings.parse(spec.settings);
    const hint = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return injectIntoPart(spec, access, { kind: 'unavailable', settings: { status, ...hint }, leaseMs });
  },
};
