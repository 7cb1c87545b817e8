import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { corrupt } from '../../harness/proxy/toxics/corrupt.ts';
import { packetLoss } from '../../harness/proxy/toxics/packet-loss.ts';
import { bytes, Outlet } from './toxic-outlet.ts';

describe('packet_loss', () => {
  /** Which of many chunks were lost. */
  function losses(attributes: Parameters<typeof packetLoss.start>[0], seed = 1, count = 20_000): boolean[] {
    const outlet = Object.assign(new Outlet(), { random: seededRandom(seed) });
    const stage = packetLoss.start(attributes, outlet);
    return Array.from({ length: count }, () => {
      const before = outlet.log.length;
      stage.chunk(bytes('ab'));
      return outlet.log.length === before;
    });
  }
  const share = (lost: readonly boolean[]): number => lost.filter(Boolean).length / lost.length;
  const afterLost = (lost: readonly boolean[]): boolean[] => lost.filter((_, index) => lost[index - 1] === true);

  it('drops its share of the chunks, each by itself where they are not correlated', () => {
    const lost = losses({ loss_rate: 0.1, correlation: 0 });
    // 0.1 ± 4 σ of 20,000, and of the 2,000 after a loss.
    expect(Math.abs(share(lost) - 0.1)).toBeLessThan(0.0085);
    expect(Math.abs(share(afterLost(lost)) - 0.1)).toBeLessThan(0.027);
  });

  it('drops one behind a dropped one with so much more where they are correlated, as Toxiproxy does', () => {
    const lost = losses({ loss_rate: 0.1, correlation: 0.4 });
    // 0.1 / (1 − 0.4) = ⅙ of all; runs make that vary 1.5 times as much as 20,000 by themselves do.
    expect(Math.abs(share(lost) - 1 / 6)).toBeLessThan(0.016);
    // 0.5 ± 4 σ of the 3,333 after a loss, and 0.1 of the 16,667 others.
    expect(Math.abs(share(afterLost(lost)) - 0.5)).toBeLessThan(0.035);
    expect(Math.abs(share(lost.filter((_, index) => lost[index - 1] !== true)) - 0.1)).toBeLessThan(0.0093);
  });

  it('drops everything from the first loss on where both make one, as Toxiproxy does', () => {
    const lost = losses({ loss_rate: 0.1, correlation: 1 });
    const first = lost.indexOf(true);
    expect([first > 0, lost.slice(first)]).toEqual([true, lost.slice(first).map(() => true)]);
  });

  it('drops all at 1 and none at 0, and the same ones with the same seed', () => {
    expect(share(losses({ loss_rate: 1, correlation: 0 }))).toBe(1);
    expect(share(losses({ loss_rate: 0, correlation: 1 }))).toBe(0);
    const attributes = { loss_rate: 0.3, correlation: 0.2 };
    expect(losses(attributes, 7, 200)).toEqual(losses(attributes, 7, 200));
    expect(losses(attributes, 8, 200)).not.toEqual(losses(attributes, 7, 200));
  });
});

describe('corrupt', () => {
  /** What comes out for so many zeros, sent in these chunks. */
  function corrupted(rate: number, chunks: readonly number[], seed = 1): { out: Buffer; altered: number } {
    const parts: Buffer[] = [];
    const outlet = Object.assign(new Outlet(), {
      random: seededRandom(seed),
      forward: (chunk: Buffer) => void parts.push(chunk),
    });
    const stage = corrupt.start({ rate }, outlet);
    for (const size of chunks) stage.chunk(Buffer.alloc(size));
    return { out: Buffer.concat(parts), altered: outlet.bytesAltered };
  }
  const flips = (out: Uint8Array): number => out.filter((byte) => byte !== 0).length;

  it('flips one bit in its share of the bytes, and counts them', () => {
    const { out, altered } = corrupted(0.01, [200_000]);
    expect(out.length).toBe(200_000);
    // 2000 ± 4 σ.
    expect(Math.abs(flips(out) - 2000)).toBeLessThan(4 * Math.sqrt(2000 * 0.99));
    expect(altered).toBe(flips(out));
    expect([...new Set(out)].toSorted((left, right) => left - right)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128]);
    // Also of those at the beginning and at the end of a block, and where gaps are as long as one: 400 and 100 ± 4 σ.
    const { out: half } = corrupted(0.5, [1024 * 800]);
    for (const place of [0, 1023])
      expect(Math.abs(flips(half.filter((_, index) => index % 1024 === place)) - 400)).toBeLessThan(4 * Math.sqrt(200));
    expect(Math.abs(flips(corrupted(0.001, [100_000]).out) - 100)).toBeLessThan(40);
  });

  it('flips the same bits however the bytes come, and others with another seed', () => {
    const { out } = corrupted(0.05, [1000]);
    expect(corrupted(0.05, [1, 499, 7, 0, 493]).out.equals(out)).toBe(true);
    expect(corrupted(0.05, [1000], 2).out.equals(out)).toBe(false);
    // Over the ends of the blocks that have chance of their own.
    const { out: long } = corrupted(0.02, [10_000]);
    expect(corrupted(0.02, [1023, 1, 1, 2047, 928, 6000]).out.equals(long)).toBe(true);
    expect(corrupted(0.02, Array<number>(10_000).fill(1)).out.equals(long)).toBe(true);
  });

  it('leaves all at 0 and none at 1, and the bytes that it was given as they are', () => {
    expect(flips(corrupted(0, [1000]).out)).toBe(0);
    expect(flips(corrupted(1, [10, 990]).out)).toBe(1000);
    const given = Buffer.alloc(100);
    corrupt.start({ rate: 1 }, new Outlet()).chunk(given);
    expect(flips(given)).toBe(0);
  });
});
