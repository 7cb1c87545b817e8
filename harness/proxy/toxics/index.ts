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

/** Every kind of toxic that the proxy has. */
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
