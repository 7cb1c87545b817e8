import { describe, expect, it } from 'vitest';
import { randomHex, seededRandom } from '../../harness/kit/random.ts';

describe('seeded chance', () => {
  it('repeats for the same seed and differs for another', () => {
    const draw = (seed: number): number[] =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.next()
        )(seededRandom(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('gives a fork that does not depend on how much was drawn before', () => {
    const fresh = seededRandom(7);
    const used = seededRandom(7);
    for (let draw = 0; draw < 100; draw++) used.next();
    expect(used.fork('load').next()).toBe(fresh.fork('load').next());
    expect(fresh.fork('load').next()).not.toBe(fresh.fork('faults').next());
  });

  it('is uniform enough: mean and spread of 20,000 draws', () => {
    const random = seededRandom(1);
    const draws = Array.from({ length: 20_000 }, () => random.next());
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
  });

  it('draws exponential waiting times with the mean 1 / rate', () => {
    const random = seededRandom(2);
    const draws = Array.from({ length: 20_000 }, () => random.exponential(4));
    expect(draws.reduce((sum, value) => sum + value, 0) / draws.length).toBeCloseTo(0.25, 2);
  });

  it('includes both ends of a range of whole numbers', () => {
    const random = seededRandom(3);
    const seen = new Set(Array.from({ length: 200 }, () => random.integer(1, 3)));
    expect([...seen].sort()).toEqual([1, 2, 3]);
  });

  it('makes hexadecimal ids of the asked length', () => {
    expect(randomHex(seededRandom(4), 16)).toMatch(/^[0-9a-f]{32}$/);
  });
});
