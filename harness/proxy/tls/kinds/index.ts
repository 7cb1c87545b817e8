import type { TlsToxicKind } from '../tls-toxic.ts';
import { badCertificate } from './bad-certificate.ts';
import { tlsCut } from './tls-cut.ts';
import { tlsStall } from './tls-stall.ts';

/** Every kind of toxic that is done to handshakes. */
export const tlsToxicKinds: readonly TlsToxicKind[] = [badCertificate, tlsStall, tlsCut];
