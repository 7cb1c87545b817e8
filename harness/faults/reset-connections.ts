import { z } from 'zod';
import { injectIntoLink } from './link-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

/** What the proxy takes: an hour. */
const longestMs = 3_600_000;

const settings = z.object({ afterMs: z.int().min(0).max(longestMs) });

/** Connections to the part are reset (TCP RST) once it answers on them. */
export function resetConnections(fault: {
  part: string;
  afterMs?: number;
  name?: string;
  durationMs?: number;
}): FaultSpec {
  const { part, afterMs = 0, name, durationMs } = fault;
  return {
    name: name ?? 'reset-connections',
    kind: 'resetConnections',
    part,
    summary: `connections to ${part} are reset`,
    settings: { afterMs },
    remainingPerSecond: 0,
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

export const resetConnectionsInjector: FaultInjector = {
  kind: 'resetConnections',
  settings,
  inject: (spec, access) => {
    const { afterMs } = settings.parse(spec.settings);
    return injectIntoLink(spec, access, { type: 'reset_peer', attributes: { timeout: afterMs } });
  },
};
