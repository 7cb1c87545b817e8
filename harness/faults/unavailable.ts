import { z } from 'zod';
import { injectIntoPart } from './part-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = z.object({
  status: z.number().int().min(500).max(599),
  retryAfterSeconds: z.number().positive().optional(),
});

/** The part answers every request with a server error. */
export function unavailable(fault: { part: string; status?: number; name?: string; durationMs?: number }): FaultSpec {
  const status = fault.status ?? 503;
  return {
    name: fault.name ?? 'unavailable',
    kind: 'unavailable',
    part: fault.part,
    summary: `${fault.part} answers ${status} to everything`,
    settings: { status },
    remainingPerSecond: 0,
    ...(fault.durationMs === undefined ? {} : { durationMs: fault.durationMs }),
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
