import { z } from 'zod';
import { injectIntoPart } from './part-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = z.object({ kvBlocksShare: z.number().gt(0).lt(1) });

/** Only a share of the blocks of the key-value cache is left: fewer sequences fit, and the engine preempts what no longer does. */
export function memoryPressure(fault: {
  part: string;
  kvBlocksShare: number;
  name?: string;
  durationMs?: number;
}): FaultSpec {
  return {
    name: fault.name ?? 'memory-pressure',
    kind: 'memoryPressure',
    part: fault.part,
    summary: `${+(fault.kvBlocksShare * 100).toPrecision(2)} % of the key-value cache of ${fault.part} is left`,
    settings: { kvBlocksShare: fault.kvBlocksShare },
    ...(fault.durationMs === undefined ? {} : { durationMs: fault.durationMs }),
  };
}

export const memoryPressureInjector: FaultInjector = {
  kind: 'memoryPressure',
  settings,
  inject: (spec, access, leaseMs) =>
    injectIntoPart(spec, access, { kind: 'memoryPressure', settings: settings.parse(spec.settings), leaseMs }),
};
