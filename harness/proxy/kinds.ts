import type { AnyKind } from './active-toxic.ts';
import { httpToxicKinds } from './http/kinds/index.ts';
import { toxicKinds } from './toxics/index.ts';

/** Every kind of toxic that the proxy has: those that are done to bytes, and those that are done to requests. */
export const anyKinds: readonly AnyKind[] = [...toxicKinds, ...httpToxicKinds];
