import { z } from 'zod';
import {
  injectIntoRequests,
  longestMs,
  whichOf,
  whichSettings,
  whichWords,
  type WhichRequests,
} from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = whichSettings.extend({
  delayMs: z.int().min(0).max(longestMs),
  jitterMs: z.int().min(0).max(longestMs),
});

/** Answers of the part begin later; what follows keeps its pace. A connection has one answer at a time, so that those behind it wait, too. */
export function slowFirstByte(
  fault: { part: string; delayMs: number; jitterMs?: number; name?: string; durationMs?: number } & WhichRequests,
): FaultSpec {
  const { part, delayMs, jitterMs = 0, name, durationMs } = fault;
  return {
    name: name ?? 'slow-first-byte',
    kind: 'slowFirstByte',
    part,
    summary: `answers of ${part} begin ${delayMs} ms later (± ${jitterMs} ms)${whichWords(fault)}`,
    settings: { delayMs, jitterMs, ...whichOf(fault) },
    ...(durationMs === undefined ? {} : { durationMs }),
  };
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
