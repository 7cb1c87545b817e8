import { z } from 'zod';
import { injectIntoLink } from './link-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = z.object({ kilobytesPerSecond: z.int().positive() });

/** What the part answers passes at a limited rate (1 kB = 1000 bytes, whole ones), per connection. */
export function narrowLink(fault: {
  part: string;
  kilobytesPerSecond: number;
  name?: string;
  durationMs?: number;
}): FaultSpec {
  const { part, kilobytesPerSecond, name, durationMs } = fault;
  return {
    name: name ?? 'narrow-link',
    kind: 'narrowLink',
    part,
    summary: `answers of ${part} pass at ${kilobytesPerSecond} kB/s per connection`,
    settings: { kilobytesPerSecond },
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

export const narrowLinkInjector: FaultInjector = {
  kind: 'narrowLink',
  settings,
  inject: (spec, access) => {
    const { kilobytesPerSecond } = settings.parse(spec.settings);
    return injectIntoLink(spec, access, { type: 'bandwidth', attributes: { rate: kilobytesPerSecond } });
  },
};
