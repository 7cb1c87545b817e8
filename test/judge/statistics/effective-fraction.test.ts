import { describe, expect, it } from 'vitest';
import { effectiveFraction, type TimedEvent } from '../../../harness/judge/statistics/effective-fraction.ts';
import { seededRandom } from '../../../harness/kit/random.ts';

const windows = [{ name: 'fault', fromMs: 0, toMs: 40_000 }];
const events = (isBad: (atMs: number) => boolean): TimedEvent[] =>
  Array.from({ length: 2000 }, (_, index) => ({ atMs: index * 20, bad: isBad(index * 20) }));

describe('the part of events that counts as independent', () => {
  it('is all of them where nothing is bad, or everything', () => {
    expect(
      effectiveFraction(
        events(() => false),
        windows,
      ),
    ).toBe(1);
    expect(
      effectiveFraction(
        events(() => true),
        windows,
      ),
    ).toBe(1);
  });

  it('is all of them for independent errors, but for one time in twenty', () => {
    const random = seededRandom('independent');
    const runs = Array.from({ length: 200 }, () =>
      effectiveFraction(
        events(() => random.next() < 0.01),
        windows,
      ),
    );
    expect(runs.filter((fraction) => fraction < 1).length).toBeLessThanOrEqual(18);
  });

  it('is all of them where errors are spread more evenly than by chance', () => {
    const evenly = events((atMs) => (atMs / 20) % 7 === 0);
    expect(effectiveFraction(evenly, windows)).toBe(1);
  });

  it('is small where errors come in stretches', () => {
    expect(
      effectiveFraction(
        events((atMs) => atMs >= 10_000 && atMs < 20_000),
        windows,
      ),
    ).toBeLessThan(0.15);
  });

  it('is not guessed from fewer than ten seconds', () => {
    const short = [{ name: 'short', fromMs: 0, toMs: 9000 }];
    expect(
      effectiveFraction(
        events((atMs) => atMs < 4000),
        short,
      ),
    ).toBe(1);
  });

  it('does not look across the seam of two windows', () => {
    const apart = [
      { name: 'a', fromMs: 0, toMs: 1000 },
      { name: 'b', fromMs: 30_000, toMs: 31_000 },
    ];
    expect(
      effectiveFraction(
        events((atMs) => atMs > 500),
        apart,
      ),
    ).toBe(1);
  });
});
