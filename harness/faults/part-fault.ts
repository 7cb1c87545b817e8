import { z } from 'zod';
import { GamedayError } from '../kit/errors.ts';
import type { JsonObject } from '../kit/json.ts';
import type { FaultAccess } from '../world/types.ts';
import { onceDone } from './once-done.ts';
import type { ActiveFault, FaultEffect, FaultSpec } from './types.ts';

const ReceiptAnswer = z.object({
  activeFromMs: z.number(),
  activeToMs: z.number().nullable(),
  ended: z.enum(['healed', 'lease lapsed']).nullable(),
  seen: z.number(),
  altered: z.number(),
  figures: z.record(z.string(), z.number()),
});

/** Injects a fault that a part does to itself, through its admin API. The part's own receipt says when it was active and what it altered. */
export async function injectIntoPart(
  spec: FaultSpec,
  access: FaultAccess,
  fault: { kind: string; settings: JsonObject; leaseMs: number },
): Promise<ActiveFault> {
  const part = access.part(spec.part);
  const path = `/faults/${spec.name}`;
  await part.admin('PUT', path, fault);
  const activeFromMs = access.clock.now();
  const heal = async (): Promise<FaultEffect> => {
    const receipt = ReceiptAnswer.parse(await part.admin('DELETE', path));
    const { activeToMs, ended } = receipt;
    if (activeToMs === null || ended === null)
      throw new GamedayError(
        'harness',
        `${spec.part} says that the fault "${spec.name}" is still active after its heal.`,
      );
    return { ...receipt, activeToMs, ended };
  };
  return { activeFromMs, heal: onceDone(heal) };
}
