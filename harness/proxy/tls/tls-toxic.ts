import type { AttributeSpec, AttributeValues } from '../http/http-toxic.ts';
import type { HandshakeFault } from './handshake-fault.ts';

/** One kind of toxic that is done to the handshakes of clients: one file, one export, one line in `kinds/index.ts`. */
export interface TlsToxicKind {
  /** Its name on the wire. */
  readonly type: string;
  readonly layer: 'tls';
  /** What only toxics have that are done to bytes. */
  readonly door?: never;
  readonly isTwoWay?: never;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** What is done to a handshake that begins. */
  handshake(attributes: AttributeValues): HandshakeFault;
}
