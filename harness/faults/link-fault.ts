import type { FaultAccess, ToxicReceipt, ToxicSpec } from '../world/types.ts';
import type { ActiveFault, FaultEffect, FaultSpec } from './types.ts';

/** Injects a fault into the link from the target to a part, as one toxic of the fault proxy. */
export async function injectIntoLink(
  spec: FaultSpec,
  access: FaultAccess,
  toxic: Pick<ToxicSpec, 'type' | 'attributes'> & Partial<ToxicSpec>,
): Promise<ActiveFault> {
  const link = access.link(spec.part);
  await link.addToxic({ name: spec.name, stream: 'downstream', toxicity: 1, ...toxic });
  const activeFromMs = access.clock.now();
  let healing: Promise<FaultEffect> | undefined;
  const heal = async (): Promise<FaultEffect> => {
    const receipt = await link.removeToxic(spec.name);
    return effectOf(receipt, activeFromMs, access.clock.now());
  };
  return { activeFromMs, heal: () => (healing ??= heal()) };
}

function effectOf(receipt: ToxicReceipt, activeFromMs: number, activeToMs: number): FaultEffect {
  return {
    activeFromMs,
    activeToMs,
    seen: receipt.connectionsSeen,
    altered: receipt.connectionsAltered,
    figures: { bytesAltered: receipt.bytesAltered },
    ended: 'healed',
  };
}
