import type { AnyKind } from './active-toxic.ts';
import { httpToxicKinds } from './http/kinds/index.ts';
import { tlsToxicKinds } from './tls/kinds/index.ts';
import { toxicKinds } from './toxics/index.ts';

/** Every kind of toxic that the proxy has: those that are done to bytes, to requests, and to handshakes. */
export const anyKinds: readonly AnyKind[] = [...toxicKinds, ...httpToxicKinds, ...tlsToxicKinds];
