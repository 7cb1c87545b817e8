import { z } from 'zod';
import { injectIntoRequests, longestMs, requestFaultSpec, whichSettings, type RequestFault } from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = whichSettings.extend({
  afterEvents: z.int().min(0),
  stallMs: z.int().min(0).max(longestMs),
});

/**
 * Streams of the part stand still in the middle.
 *
 * @param fault.afterEvents so many events still come, 0 and up; default 1
 * @param fault.stallMs then nothing does for so long, milliseconds; default for as long as the fault is there
 */
export function stallStream(fault: { afterEvents?: number; stallMs?: number } & RequestFault): FaultSpec {
  const { part, afterEvents = 1, stallMs = 0 } = fault;
  const time = stallMs === 0 ? '' : ` for ${stallMs} ms`;
  return requestFaultSpec(fault, {
    ...{ kind: 'stallStream', name: 'stalled-streams' },
    summary: `streams of ${part} stand still${time} after ${afterEvents} events`,
    settings: { afterEvents, stallMs },
  });
}

export const stallStreamInjector: FaultInjector = {
  kind: 'stallStream',
  settings,
  inject: (spec, access) => {
    const { afterEvents, stallMs, ...which } = settings.parse(spec.settings);
    const attributes = { events: afterEvents, stall: stallMs };
    return injectIntoRequests(spec, access, { type: 'stream_stall', attributes, which });
  },
};
