import { z } from 'zod';
import { injectIntoLink } from './link-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

/** What the proxy takes: an hour. */
const longestMs = 3_600_000;

const settings = z.object({ latencyMs: z.int().min(0).max(longestMs), jitterMs: z.int().min(0).max(longestMs) });

/** Everything that the part answers arrives later. */
export function slowLink(fault: {
  part: string;
  latencyMs: number;
  jitterMs?: number;
  name?: string;
  durationMs?: number;
}): FaultSpec {
  const { part, latencyMs, jitterMs = 0, name, durationMs } = fault;
  return {
    name: name ?? 'slow-link',
    kind: 'slowLink',
    part,
    summary: `answers of ${part} arrive ${latencyMs} ms later (± ${jitterMs} ms)`,
    settings: { latencyMs, jitterMs },
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

export const slowLinkInjector: FaultInjector = {
  kind: 'slowLink',
  settings,
  inject: (spec, access) => {
    const { latencyMs, jitterMs } = settings.parse(spec.settings);
    return injectIntoLink(spec, access, { type: 'latency', attributes: { latency: latencyMs, jitter: jitterMs } });
  },
};
