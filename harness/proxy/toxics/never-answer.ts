import { DeadStage } from './dead-stage.ts';
import type { ToxicKind } from './toxic.ts';

/**
 * Accepts and never answers, as a server that hangs: nothing passes in either direction, and a client is not told that the upstream refuses,
 * resets or is not there. `stream` says nothing. Its removal closes the connections it was at: bytes are missing in them.
 */
export const neverAnswer: ToxicKind<never> = {
  type: 'never_answer',
  attributes: {},
  isTwoWay: true,
  start: (_attributes, outlet) => new DeadStage(outlet),
};
