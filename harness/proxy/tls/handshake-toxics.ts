import { noop } from '../toxics/noop.ts';
import type { ToxicKind } from '../toxics/toxic.ts';
import type { HandshakeFault } from './handshake-fault.ts';

/** Does nothing to what is said inside of TLS. */
function handshakeToxic(type: string, fault: HandshakeFault): ToxicKind<never> {
  return {
    type,
    attributes: {},
    start: (attributes, outlet) => noop.start(attributes, outlet),
    handshake: () => fault,
  };
}

const flaws = ['expired', 'not_yet_valid', 'wrong_name', 'unknown_authority', 'self_signed'] as const;

/** What is done to handshakes that begin while it is there. */
export const handshakeToxics: readonly ToxicKind[] = [
  ...flaws.map((flaw) => handshakeToxic(`certificate_${flaw}`, { kind: 'certificate', flaw })),
  handshakeToxic('tls_stall', { kind: 'stall' }),
  handshakeToxic('tls_cut', { kind: 'cut' }),
];
