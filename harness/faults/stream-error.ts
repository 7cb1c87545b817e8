import { z } from 'zod';
import {
  codeSetting,
  injectIntoRequests,
  requestFaultSpec,
  whichSettings,
  type RequestFault,
} from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const speakers = z.enum(['openai', 'openai responses', 'anthropic', 'vllm', 'bedrock']);
const settings = whichSettings.extend({
  afterEvents: z.int().min(0),
  vendor: speakers,
  code: codeSetting,
});

/**
 * Streams of the part, which began with status 200, end with an error in the vendor's words.
 *
 * @param fault.afterEvents so many events still come, 0 and up; default 1
 * @param fault.vendor whose words; default `openai`. `vllm` says `[DONE]` behind them
 * @param fault.code which error; default the one that says that the server is overloaded
 */
export function streamError(
  fault: { afterEvents?: number; vendor?: z.infer<typeof speakers>; code?: string } & RequestFault,
): FaultSpec {
  const { part, afterEvents = 1, vendor = 'openai', code } = fault;
  return requestFaultSpec(fault, {
    ...{ kind: 'streamError', name: 'errors-in-streams' },
    summary: `streams of ${part} end with an error of ${vendor} after ${afterEvents} events`,
    settings: { afterEvents, vendor, ...(code === undefined ? {} : { code }) },
  });
}

export const streamErrorInjector: FaultInjector = {
  kind: 'streamError',
  settings,
  inject: (spec, access) => {
    const { afterEvents, vendor, code = '', ...which } = settings.parse(spec.settings);
    const attributes = { events: afterEvents, vendor, code };
    return injectIntoRequests(spec, access, { type: 'stream_error', attributes, which });
  },
};
