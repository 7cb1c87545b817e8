import { certificateFlaws } from '../handshake-fault.ts';
import type { TlsToxicKind } from '../tls-toxic.ts';

/** Shows clients a certificate that is wrong. Connections that have shaken hands go on, and no session is resumed past it. */
export const badCertificate: TlsToxicKind = {
  type: 'bad_certificate',
  layer: 'tls',
  attributes: { fault: { choices: certificateFlaws, default: 'expired' } },
  handshake: ({ fault }) => ({
    kind: 'certificate',
    flaw: certificateFlaws.find((flaw) => flaw === fault) ?? 'expired',
  }),
};
