import type { ActiveToxic } from '../active-toxic.ts';

/** What can be wrong with the certificate that clients are shown. */
export type CertificateFlaw = 'expired' | 'not_yet_valid' | 'wrong_name' | 'unknown_authority' | 'self_signed';

/** What a toxic does to the handshake of a client: a certificate that is wrong, an answer that never comes, or a connection that is cut. */
export type HandshakeFault =
  | { readonly kind: 'certificate'; readonly flaw: CertificateFlaw }
  | { readonly kind: 'stall' }
  | { readonly kind: 'cut' };

/** The fault of a handshake, and the toxic that it is counted at. */
export interface FaultyHandshake {
  readonly fault: HandshakeFault;
  readonly toxic: ActiveToxic;
}
