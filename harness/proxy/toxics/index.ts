import { bandwidth } from './bandwidth.ts';
import { latency } from './latency.ts';
import { noop } from './noop.ts';
import { resetPeer } from './reset-peer.ts';
import { timeout } from './timeout.ts';
import type { ToxicKind } from './toxic.ts';

/** Every kind of toxic that the proxy has. */
export const toxicKinds: readonly ToxicKind[] = [latency, bandwidth, timeout, resetPeer, noop];
