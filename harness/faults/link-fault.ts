import type { FaultAccess, ToxicReceipt, ToxicSpec } from '../world/types.ts';
import { onceDone } from './once-done.ts';
import type { ActiveFault, FaultEffect, FaultSpec } from './types.ts';

/**
 * Injects a fault into the link from the target to a part, as one toxic of the fault proxy. The proxy's own receipt says when it was
 * active, how it ended and what it altered.
 */
export async function injectIntoLink(
  spec: FaultSpec,
  access: FaultAccess,
  toxic: Pick<ToxicSpec, 'type' | 'attributes'> & Partial<ToxicSpec>,
): Promise<ActiveFault> {
  const link = access.link(spec.part);
  await link.addToxic({ name: spec.name, stream: 'downstream', toxicity: 1, ...toxic });
  const activeFromMs = access.clock.now();
  const heal = async (): Promise<FaultEffect> => effectOf(await link.removeToxic(spec.name));
  return { activeFromMs, heal: onceDone(heal) };
}

function effectOf(receipt: ToxicReceipt): FaultEffect {
  const { activeFromMs, activeToMs, ended, connectionsSeen: seen, connectionsAltered: altered, bytesAltered } = receipt;
  return { activeFromMs, activeToMs, seen, altered, figures: { bytesAltered }, ended };
}
