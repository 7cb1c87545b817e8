import type { Random } from '../random.ts';

type Fillable = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
type Done<T> = (error: null, value: T) => void;

/** The functions of the platform that give chance, on a seeded stream: what the global `crypto` has, and what `node:crypto` has. */
export interface VirtualChance {
  readonly random: () => number;
  readonly web: Readonly<Record<string, unknown>>;
  readonly node: Readonly<Record<string, unknown>>;
}

export function virtualChance(random: Pick<Random, 'next'>, nowMs: () => number): VirtualChance {
  const fill = <T extends Fillable>(given: T, offset?: number, size?: number): T => {
    const bytes = bytesOf(given, offset, size);
    for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(random.next() * 256);
    return given;
  };
  const getRandomValues = <T extends ArrayBufferView>(array: T): T => fill(array);
  // Version 4, variant 1 (RFC 9562 section 5.4).
  const randomUUID = (): string => uuid(4, fill(new Uint8Array(16)));
  const randomBytes = (size: number, done?: Done<Buffer>): Buffer | undefined => given(fill(Buffer.alloc(size)), done);
  return {
    random: () => random.next(),
    web: { randomUUID, getRandomValues },
    // Its `getRandomValues` is the one of the web.
    node: {
      ...{ randomUUID, randomBytes, pseudoRandomBytes: randomBytes, prng: randomBytes, rng: randomBytes },
      // Version 7 begins with the time (RFC 9562 section 5.7).
      randomUUIDv7: () => {
        const bytes = Buffer.from(fill(new Uint8Array(16)));
        bytes.writeUIntBE(Math.floor(nowMs()), 0, 6);
        return uuid(7, bytes);
      },
      randomFillSync: fill,
      randomFill: <T extends Fillable>(array: T, ...rest: [...place: number[], done: Done<T>]): void => {
        const [offset, size] = rest.slice(0, -1) as number[];
        given(fill(array, offset, size), rest.at(-1) as Done<T>);
      },
      randomInt: (...limits: [from: number, to?: number | Done<number>, done?: Done<number>]) => {
        const [first, second, third] = limits;
        // With one limit from 0; the upper one is not among them.
        const [from, to] = typeof second === 'number' ? [first, second] : [0, first];
        const done = typeof second === 'function' ? second : third;
        return given(from + Math.floor(random.next() * (to - from)), done);
      },
    },
  };
}

/** As the platform gives it: at once, or to a callback afterwards. */
function given<T>(value: T, done: Done<T> | undefined): T | undefined {
  if (!done) return value;
  queueMicrotask(() => done(null, value));
  return undefined;
}

/** Offset and size count elements, where there are any, and bytes else. */
function bytesOf(given: Fillable, offset = 0, size?: number): Uint8Array {
  if (!ArrayBuffer.isView(given)) return new Uint8Array(given, offset, size);
  const width = 'BYTES_PER_ELEMENT' in given ? Number(given.BYTES_PER_ELEMENT) : 1;
  const length = size === undefined ? given.byteLength - offset * width : size * width;
  return new Uint8Array(given.buffer, given.byteOffset + offset * width, length);
}

function uuid(version: number, bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Buffer.from(bytes).toString('hex');
  return [8, 12, 16, 20, 32].map((end, index, ends) => digits.slice(ends[index - 1] ?? 0, end)).join('-');
}
