import { z } from 'zod';
import { injectIntoRequests, whichOf, whichSettings, whichWords, type WhichRequests } from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const speakers = z.enum(['openai', 'openai responses', 'anthropic', 'vllm', 'bedrock']);
const settings = whichSettings.extend({
  afterEvents: z.int().min(0),
  vendor: speakers,
  code: z
    .string()
    .max(1000)
    .regex(/^[\x20-\x7e]*$/, 'a word of ASCII')
    .optional(),
});

/**
 * Streams of the part, which began with status 200, end with an error in the vendor's words.
 *
 * @param fault.afterEvents so many events still come, 0 and up; default 1
 * @param fault.vendor whose words; default `openai`. `vllm` says `[DONE]` behind them
 * @param fault.code which error; default the one that says that the server is overloaded
 */
export function streamError(
  fault: {
    part: string;
    afterEvents?: number;
    vendor?: z.infer<typeof speakers>;
    code?: string;
    name?: string;
    durationMs?: number;
  } & WhichRequests,
): FaultSpec {
  const { part, afterEvents = 1, vendor = 'openai', code, name, durationMs } = fault;
  return {
    name: name ?? 'errors-in-streams',
    kind: 'streamError',
    part,
    summary: `streams of ${part} end with an error of ${vendor} after ${afterEvents} events${whichWords(fault)}`,
    settings: { afterEvents, vendor, ...whichOf(fault), ...(code === undefined ? {} : { code }) },
    ...(durationMs === undefined ? {} : { durationMs }),
  };
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
