import type { TlsToxicKind } from '../tls-toxic.ts';

/** Closes the connection after the first message of a client. */
export const tlsCut: TlsToxicKind = {
  type: 'tls_cut',
  layer: 'tls',
  attributes: {},
  handshake: () => ({ kind: 'cut' }),
};
