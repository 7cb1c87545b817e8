import { bandwidth } from './bandwidth.ts';
import { closeAfter } from './close-after.ts';
import { connectTimeout } from './connect-timeout.ts';
import { corrupt } from './corrupt.ts';
import { halfOpen } from './half-open.ts';
import { latency } from './latency.ts';
import { limitData } from './limit-data.ts';
import { neverAnswer } from './never-answer.ts';
import { noop } from './noop.ts';
import { packetLoss } from './packet-loss.ts';
import { refuse } from './refuse.ts';
import { resetAfter } from './reset-after.ts';
import { resetPeer } from './reset-peer.ts';
import { sharedBandwidth } from './shared-bandwidth.ts';
import { slicer } from './slicer.ts';
import { slowAccept } from './slow-accept.ts';
import { slowClose } from './slow-close.ts';
import { timeout } from './timeout.ts';
import type { ToxicKind } from './toxic.ts';

/**
 * Every kind of toxic that is done to bytes or to the door. A new one is a file here and a line in this list, and its attributes with their types in
 * `toxic-types.ts`, which are written by hand since they say what a range cannot: units, defaults, and what it is for. The tests name all that
 * misses it (`test/proxy/public-client.test.ts` the types), and a row in docs/proxy.md tells of it.
 */
export const toxicKinds: readonly ToxicKind[] = [
  latency,
  bandwidth,
  sharedBandwidth,
  slowClose,
  timeout,
  resetPeer,
  slicer,
  limitData,
  packetLoss,
  slowAccept,
  closeAfter,
  resetAfter,
  corrupt,
  halfOpen,
  neverAnswer,
  refuse,
  connectTimeout,
  noop,
];
