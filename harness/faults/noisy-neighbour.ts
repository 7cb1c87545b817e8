import { z } from 'zod';
import { injectIntoPart } from './part-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = z.object({ share: z.number().gt(0).lt(1) });

/** Somebody else's work takes a share of the GPU: every step of the model server takes 1 / (1 - share) times as long. */
export function noisyNeighbour(fault: { part: string; share: number; name?: string; durationMs?: number }): FaultSpec {
  return {
    name: fault.name ?? 'noisy-neighbour',
    kind: 'noisyNeighbour',
    part: fault.part,
    summary: `a neighbour takes ${Math.round(fault.share * 100)} % of the GPU of ${fault.part}: steps take ${(1 / (1 - fault.share)).toFixed(1)} x as long`,
    settings: { share: fault.share },
    ...(fault.durationMs === undefined ? {} : { durationMs: fault.durationMs }),
  };
}

export const noisyNeighbourInjector: FaultInjector = {
  kind: 'noisyNeighbour',
  settings,
  inject: (spec, access, leaseMs) =>
    injectIntoPart(spec, access, { kind: 'noisyNeighbour', settings: settings.parse(spec.settings), leaseMs }),
};
