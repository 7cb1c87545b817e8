import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Chance as everything in gameday takes it: seeded, and forked by name so that one stage drawing more does not shift another's draws. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [from, to], both included. */
  integer(from: number, to: number): number;
  /** One of `items`. Throws when there is none. */
  pick<T>(items: readonly T[]): T;
  /** An exponentially distributed waiting time with the mean 1/rate, in the unit of the rate. */
  exponential(rate: number): number;
  /** An independent stream that depends on this one's seed and on `label` only, not on how much was drawn. */
  fork(label: string): Random;
}

/** The stream of `seed` (any number or text): the same seed gives the same draws on every machine. */
export function seededRandom(seed: number | string): Random {
  const path = String(seed);
  const generator = xoroshiro128plus(hash(path));
  // 53 random bits, as many as a double holds, from two 32-bit draws.
  const next = (): number => ((generator.next() >>> 5) * 67_108_864 + (generator.next() >>> 6)) / 9_007_199_254_740_992;
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    integer,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new RangeError('There is nothing to pick from.');
      return item;
    },
    exponential: (rate) => -Math.log1p(-next()) / rate,
    fork: (label) => seededRandom(`${path}/${label}`),
  };
}

/** FNV-1a with a final mix: spreads short, similar labels over all 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) | 0;
}

/** A new seed for a run for which none was given: below 2^31, so that it is easy to type again. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

/** `bytes` random bytes in hexadecimal, e.g. 16 for a W3C trace id. */
export function randomHex(random: Random, bytes: number): string {
  let text = '';
  // Four bytes at a time: every span and every trace has ids.
  while (text.length < 2 * bytes) text += random.integer(0, 0xffff_ffff).toString(16).padStart(8, '0');
  return text.slice(0, 2 * bytes);
}
