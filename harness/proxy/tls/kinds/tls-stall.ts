import type { TlsToxicKind } from '../tls-toxic.ts';

/** Gives the first message of a client no answer. Handshakes that wait go on when it is removed. */
export const tlsStall: TlsToxicKind = {
  type: 'tls_stall',
  layer: 'tls',
  attributes: {},
  handshake: () => ({ kind: 'stall' }),
};
