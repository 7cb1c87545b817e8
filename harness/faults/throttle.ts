import { z } from 'zod';
import { injectIntoPart } from './part-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const forms = z.enum(['seconds', 'http-date', 'none']);
const settings = z.object({
  toPerSecond: z.number().positive(),
  retryAfter: z.array(forms).min(1),
});

/**
 * The source lets fewer requests through. Its 429s are earned: a token bucket at the new rate. `retryAfter` lists the forms in which it
 * says how long to wait, one after another, each for an equal share of the fault's time.
 */
export function throttle(fault: {
  part: string;
  toPerSecond: number;
  retryAfter: readonly z.infer<typeof forms>[];
  name?: string;
  durationMs?: number;
}): FaultSpec {
  const { part, toPerSecond, retryAfter, name, durationMs } = fault;
  return {
    name: name ?? 'quota-cut',
    kind: 'throttle',
    part,
    summary: `${part} lets ${toPerSecond} requests per second through; 429 with Retry-After as ${retryAfter.join(', then ')}`,
    settings: { toPerSecond, retryAfter },
    remainingPerSecond: toPerSecond,
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

export const throttleInjector: FaultInjector = {
  kind: 'throttle',
  settings,
  inject: (spec, access, leaseMs) => {
    const { toPerSecond, retryAfter } = settings.parse(spec.settings);
    const formEveryMs = (spec.durationMs ?? Infinity) / retryAfter.length;
    return injectIntoPart(spec, access, {
      kind: 'quota',
      settings: { perSecond: toPerSecond, retryAfterForms: retryAfter, formEveryMs },
      leaseMs,
    });
  },
};
