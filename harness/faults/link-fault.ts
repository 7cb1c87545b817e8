import type { FaultAccess, ToxicReceipt, ToxicSpec } from '../world/types.ts';
import { onceDone } from './once-done.ts';
import type { ActiveFault, FaultEffect, FaultSpec } from './types.ts';

/**
 * Injects a fault into the link from the target to a part, as one toxic of the fault proxy. The proxy's own receipt says when it was
 * active, how it ended and what it altered.
 *
 * @param of what it is done to and counted in: connections, or requests for a toxic that knows them
 */
export async function injectIntoLink(
  spec: FaultSpec,
  access: FaultAccess,
  toxic: Pick<ToxicSpec, 'type' | 'attributes'> & Partial<ToxicSpec>,
  of: 'connections' | 'requests' = 'connections',
): Promise<ActiveFault> {
  const link = access.link(spec.part);
  await link.addToxic({ name: spec.name, stream: 'downstream', toxicity: 1, ...toxic });
  const activeFromMs = access.clock.now();
  const heal = async (): Promise<FaultEffect> => effectOf(await link.removeToxic(spec.name), of);
  return { activeFromMs, heal: onceDone(heal) };
}

function effectOf(receipt: ToxicReceipt, of: 'connections' | 'requests'): FaultEffect {
  const { activeFromMs, activeToMs, ended, bytesAltered } = receipt;
  const counted =
    of === 'requests'
      ? { seen: receipt.requestsSeen, altered: receipt.requestsAltered }
      : { seen: receipt.connectionsSeen, altered: receipt.connectionsAltered };
  return { activeFromMs, activeToMs, ...counted, figures: { bytesAltered }, ended };
}
