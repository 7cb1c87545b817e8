import type { Random } from '../random.ts';

/** The functions of the platform that give chance, on a seeded stream. */
export function virtualChance(random: Random): {
  randomUUID: () => string;
  getRandomValues: <T extends ArrayBufferView>(array: T) => T;
  randomBytes: (size: number, callback?: (error: Error | null, bytes: Buffer) => void) => Buffer | undefined;
  random: () => number;
  randomInt: (from: number, to?: number) => number;
} {
  const fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(random.next() * 256);
  };
  const getRandomValues = <T extends ArrayBufferView>(array: T): T => {
    fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };
  return {
    random: () => random.next(),
    // As in node:crypto: with one limit from 0; the upper one is not among them.
    randomInt: (from, to) =>
      to === undefined ? Math.floor(random.next() * from) : from + Math.floor(random.next() * (to - from)),
    getRandomValues,
    // Version 4, variant 1 (RFC 9562 section 5.4).
    randomUUID: () => {
      const bytes = getRandomValues(new Uint8Array(16));
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      const digits = Buffer.from(bytes).toString('hex');
      return [8, 12, 16, 20, 32].map((end, index, ends) => digits.slice(ends[index - 1] ?? 0, end)).join('-');
    },
    randomBytes: (size, callback) => {
      const bytes = Buffer.alloc(size);
      fill(bytes);
      if (!callback) return bytes;
      queueMicrotask(() => callback(null, bytes));
      return undefined;
    },
  };
}
