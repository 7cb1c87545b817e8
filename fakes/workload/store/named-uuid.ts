import { createHash } from 'node:crypto';

/** Ours, drawn once: names of other origins do not meet with these. */
const namespace = Buffer.from('0d3b5c0e7f6a4a5d9b1e5c3f2a7d8e41', 'hex');

/** The UUID that belongs to a name, always the same: version 5 of https://www.rfc-editor.org/rfc/rfc9562#section-5.5. */
export function namedUuid(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
