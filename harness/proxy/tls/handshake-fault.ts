/** What can be wrong with the certificate that clients are shown. */
export const certificateFlaws = ['expired', 'not_yet_valid', 'wrong_name', 'unknown_authority', 'self_signed'] as const;
export type CertificateFlaw = (typeof certificateFlaws)[number];

/** What is done to the handshake of a client: a certificate that is wrong, an answer that never comes, or a connection that is cut. */
export type HandshakeFault =
  | { readonly kind: 'certificate'; readonly flaw: CertificateFlaw }
  | { readonly kind: 'stall' }
  | { readonly kind: 'cut' };
