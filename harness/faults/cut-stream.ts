import { z } from 'zod';
import { injectIntoRequests, requestFaultSpec, whichSettings, type RequestFault } from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

/** How a stream ends that is cut: as if it were whole, with the event that says so or without, or with its connection. */
const endings = z.enum(['end', 'done', 'close', 'reset']);
const settings = whichSettings.extend({ afterEvents: z.int().min(0), how: endings });

const words: Readonly<Record<z.infer<typeof endings>, string>> = {
  end: 'end, as if they were whole,',
  done: 'say that they are whole',
  close: 'are closed',
  reset: 'are reset',
};

/**
 * Streams of the part break off in the middle.
 *
 * @param fault.afterEvents so many events still come, 0 and up; default 1
 * @param fault.how `end`: the response ends well; `done`: also the event comes that says that it is whole, as `[DONE]`; `close` and `reset`: the
 * connection is closed, or reset. Default `end`, which clients take for success
 */
export function cutStream(fault: { afterEvents?: number; how?: z.infer<typeof endings> } & RequestFault): FaultSpec {
  const { part, afterEvents = 1, how = 'end' } = fault;
  return requestFaultSpec(fault, {
    ...{ kind: 'cutStream', name: 'cut-streams' },
    summary: `streams of ${part} ${words[how]} after ${afterEvents} events`,
    settings: { afterEvents, how },
  });
}

export const cutStreamInjector: FaultInjector = {
  kind: 'cutStream',
  settings,
  inject: (spec, access) => {
    const { afterEvents, how, ...which } = settings.parse(spec.settings);
    return injectIntoRequests(spec, access, { type: 'stream_cut', attributes: { events: afterEvents, how }, which });
  },
};
