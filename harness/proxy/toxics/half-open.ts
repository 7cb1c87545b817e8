import { DeadStage } from './dead-stage.ts';
import type { ToxicKind } from './toxic.ts';

/**
 * One direction of the connection is dead, the other goes on: bytes, the end, and a reset or a crash of the sender never arrive, as where a
 * peer was switched off or a firewall has forgotten the connection. With `timeout` an end and a reset get through. Its removal closes
 * the connections it was at, as that of `timeout` does: bytes are missing in them.
 */
export const halfOpen: ToxicKind<never> = {
  type: 'half_open',
  attributes: {},
  start: (_attributes, outlet) => new DeadStage(outlet),
};
