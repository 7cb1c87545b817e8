import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { bandwidth } from '../../harness/proxy/toxics/bandwidth.ts';
import { closeAfter } from '../../harness/proxy/toxics/close-after.ts';
import { corrupt } from '../../harness/proxy/toxics/corrupt.ts';
import { latency } from '../../harness/proxy/toxics/latency.ts';
import { limitData } from '../../harness/proxy/toxics/limit-data.ts';
import { packetLoss } from '../../harness/proxy/toxics/packet-loss.ts';
import { resetPeer } from '../../harness/proxy/toxics/reset-peer.ts';
import { slicer } from '../../harness/proxy/toxics/slicer.ts';
import { slowAccept } from '../../harness/proxy/toxics/slow-accept.ts';
import { slowClose } from '../../harness/proxy/toxics/slow-close.ts';
import { timeout } from '../../harness/proxy/toxics/timeout.ts';
import type { ToxicOutlet } from '../../harness/proxy/toxics/toxic.ts';

/** An outlet that writes down when what came out, on a clock that stands still. */
class Outlet implements ToxicOutlet {
  readonly clock = new VirtualClock();
  readonly random = seededRandom(1);
  readonly log: [number, string][] = [];
  bytesAltered = 0;
  forwardedBytes = 0;
  forward(chunk: Buffer): void {
    this.forwardedBytes += chunk.length;
    this.log.push([this.clock.now(), chunk.length > 20 ? `${chunk.length} bytes` : chunk.toString()]);
  }
  end(): void {
    this.log.push([this.clock.now(), 'END']);
  }
  close(): void {
    this.log.push([this.clock.now(), 'CLOSE']);
  }
  closeBehind(): void {
    this.log.push([this.clock.now(), 'CLOSE BEHIND']);
  }
  reset(): void {
    this.log.push([this.clock.now(), 'RESET']);
  }
  altered(bytes: number): void {
    this.bytesAltered += bytes;
  }
}

const bytes = (text: string): Buffer => Buffer.from(text);

describe('latency', () => {
  it('hands each chunk on exactly its time after it came, and the end behind the last', async () => {
    const outlet = new Outlet();
    const stage = latency.start({ latency: 100, jitter: 0 }, outlet);
    stage.chunk(bytes('a'));
    await outlet.clock.advance(30);
    stage.chunk(bytes('b'));
    stage.end();
    await outlet.clock.advance(200);
    expect(outlet.log).toEqual([
      [100, 'a'],
      [130, 'b'],
      [130, 'END'],
    ]);
    expect([outlet.bytesAltered, outlet.clock.pending]).toEqual([2, 0]);
  });

  it('spreads the delay over latency ± jitter and keeps the order', async () => {
    const outlet = new Outlet();
    const stage = latency.start({ latency: 100, jitter: 50 }, outlet);
    const delays: number[] = [];
    for (let count = 0; count < 300; count++) {
      const sentMs = outlet.clock.now();
      stage.chunk(bytes(`${count}`));
      await outlet.clock.advance(200);
      delays.push((outlet.log.at(-1)?.[0] ?? 0) - sentMs);
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.min(...delays)).toBeLessThan(55);
    expect(Math.max(...delays)).toBeLessThan(150);
    expect(Math.max(...delays)).toBeGreaterThan(145);
    for (let count = 0; count < 50; count++) stage.chunk(bytes(`${count}`));
    outlet.log.length = 0;
    await outlet.clock.advance(200);
    expect(outlet.log.map(([, text]) => text)).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
  });

  it('lets no chunk overtake another, also where the jitter takes the whole delay away', async () => {
    const outlet = new Outlet();
    const stage = latency.start({ latency: 10, jitter: 100 }, outlet);
    for (let count = 0; count < 50; count++) stage.chunk(bytes(`${count}`));
    await outlet.clock.advance(200);
    expect(outlet.log.map(([, text]) => text)).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
  });

  it('sets no timer and alters nothing at latency 0', () => {
    const outlet = new Outlet();
    const stage = latency.start({ latency: 0, jitter: 0 }, outlet);
    stage.chunk(bytes('a'));
    expect([outlet.log, outlet.bytesAltered, outlet.clock.pending]).toEqual([[[0, 'a']], 0, 0]);
  });

  it('hands on what it holds at once when it is removed, and leaves no timer', async () => {
    const outlet = new Outlet();
    const stage = latency.start({ latency: 100, jitter: 0 }, outlet);
    stage.chunk(bytes('a'));
    stage.chunk(bytes('b'));
    stage.end();
    await outlet.clock.advance(10);
    stage.release();
    expect([outlet.log, outlet.clock.pending]).toEqual([
      [
        [10, 'a'],
        [10, 'b'],
        [10, 'END'],
      ],
      0,
    ]);
  });

  it('applies an update to what is on its way', async () => {
    const outlet = new Outlet();
    const stage = latency.start({ latency: 60_000, jitter: 0 }, outlet);
    stage.chunk(bytes('a'));
    await outlet.clock.advance(10);
    stage.update({ latency: 50, jitter: 0 });
    await outlet.clock.advance(100);
    expect(outlet.log).toEqual([[50, 'a']]);
  });

  it('is full when it holds 4 MiB, also as many small chunks', () => {
    const outlet = new Outlet();
    const large = latency.start({ latency: 100, jitter: 0 }, outlet);
    for (let count = 0; count < 63; count++) large.chunk(Buffer.alloc(65_536));
    expect(large.full).toBe(false);
    large.chunk(Buffer.alloc(65_536));
    expect(large.full).toBe(true);
    const small = latency.start({ latency: 100, jitter: 0 }, outlet);
    for (let count = 0; count < 17_000; count++) small.chunk(bytes('x'));
    expect(small.full).toBe(true);
  });
});

describe('bandwidth', () => {
  it('hands a chunk on after its length divided by the rate, and the next after both', async () => {
    const outlet = new Outlet();
    const stage = bandwidth.start({ rate: 10 }, outlet);
    stage.chunk(Buffer.alloc(500));
    stage.chunk(Buffer.alloc(300));
    stage.end();
    await outlet.clock.advance(200);
    expect(outlet.log).toEqual([
      [50, '500 bytes'],
      [80, '300 bytes'],
      [80, 'END'],
    ]);
    expect([outlet.bytesAltered, outlet.clock.pending]).toEqual([800, 0]);
  });

  it('cuts what takes longer than 100 ms into pieces', async () => {
    const outlet = new Outlet();
    const stage = bandwidth.start({ rate: 1 }, outlet);
    stage.chunk(Buffer.alloc(250));
    await outlet.clock.advance(1000);
    expect(outlet.log).toEqual([
      [100, '100 bytes'],
      [200, '100 bytes'],
      [250, '50 bytes'],
    ]);
  });

  it.each([1, 7, 1000, 200_000])(
    'keeps the rate of %i KB/s on the long run, and earns nothing while idle',
    async (rate) => {
      const outlet = new Outlet();
      const stage = bandwidth.start({ rate }, outlet);
      await outlet.clock.advance(5000);
      for (let count = 0; count < 500; count++) {
        while (!stage.full) stage.chunk(Buffer.alloc(Math.min(65_536, rate * 10)));
        await outlet.clock.advance(1);
      }
      expect(outlet.forwardedBytes / 500).toBeGreaterThan(rate * 0.94);
      expect(outlet.forwardedBytes / 500).toBeLessThanOrEqual(rate * 1.01);
    },
  );

  it('lets small messages pass a fast line without a timer, unaltered', () => {
    const outlet = new Outlet();
    const stage = bandwidth.start({ rate: 100_000 }, outlet);
    stage.chunk(bytes('small'));
    expect([outlet.log, outlet.bytesAltered, outlet.clock.pending]).toEqual([[[0, 'small']], 0, 0]);
  });

  it('stands still at rate 0 without a timer, and goes on at the new rate after an update, without a burst', async () => {
    const outlet = new Outlet();
    const stage = bandwidth.start({ rate: 0 }, outlet);
    stage.chunk(Buffer.alloc(1000));
    await outlet.clock.advance(10_000);
    expect([outlet.log, outlet.clock.pending]).toEqual([[], 0]);
    stage.update({ rate: 10 });
    await outlet.clock.advance(200);
    expect(outlet.log).toEqual([[10_100, '1000 bytes']]);
  });

  it('hands on the rest of a chunk that is half through when it is removed', async () => {
    const outlet = new Outlet();
    const stage = bandwidth.start({ rate: 1 }, outlet);
    stage.chunk(Buffer.from(Array.from({ length: 150 }, (_, index) => index)));
    stage.chunk(bytes('tail'));
    await outlet.clock.advance(100);
    stage.release();
    expect([outlet.log, outlet.clock.pending]).toEqual([
      [
        [100, '100 bytes'],
        [100, '50 bytes'],
        [100, 'tail'],
      ],
      0,
    ]);
  });
});

describe('timeout', () => {
  it('drops everything, the end too, and closes after so much silence, counted from the last chunk', async () => {
    const outlet = new Outlet();
    const stage = timeout.start({ timeout: 100 }, outlet);
    await outlet.clock.advance(60);
    stage.chunk(bytes('abc'));
    stage.end();
    await outlet.clock.advance(99);
    expect(outlet.log).toEqual([]);
    await outlet.clock.advance(1);
    expect([outlet.log, outlet.bytesAltered, outlet.clock.pending]).toEqual([[[160, 'CLOSE']], 3, 0]);
  });

  it('0 never closes by itself and sets no timer; removing it closes', () => {
    const outlet = new Outlet();
    const stage = timeout.start({ timeout: 0 }, outlet);
    expect(outlet.clock.pending).toBe(0);
    stage.release();
    expect(outlet.log).toEqual([[0, 'CLOSE']]);
  });
});

describe('reset_peer', () => {
  it('resets so long after the first chunk', async () => {
    const outlet = new Outlet();
    const stage = resetPeer.start({ timeout: 100 }, outlet);
    await outlet.clock.advance(500);
    expect([outlet.log, outlet.clock.pending]).toEqual([[], 0]);
    stage.chunk(bytes('abc'));
    await outlet.clock.advance(50);
    stage.chunk(bytes('de'));
    await outlet.clock.advance(50);
    expect([outlet.log, outlet.bytesAltered]).toEqual([[[600, 'RESET']], 5]);
  });

  it('resets on the end of a stream that had no chunk, and loses nothing when it is removed before', async () => {
    const outlet = new Outlet();
    resetPeer.start({ timeout: 0 }, outlet).end();
    expect(outlet.log).toEqual([[0, 'RESET']]);
    const stage = resetPeer.start({ timeout: 100 }, outlet);
    stage.chunk(bytes('abc'));
    stage.end();
    stage.release();
    await outlet.clock.advance(200);
    expect(outlet.log.slice(1)).toEqual([
      [0, 'abc'],
      [0, 'END'],
    ]);
  });
});

describe('slow_close', () => {
  it('passes bytes at once and the end late', async () => {
    const outlet = new Outlet();
    const stage = slowClose.start({ delay: 100 }, outlet);
    stage.chunk(bytes('a'));
    await outlet.clock.advance(30);
    stage.end();
    await outlet.clock.advance(200);
    expect(outlet.log).toEqual([
      [0, 'a'],
      [130, 'END'],
    ]);
    expect(outlet.clock.pending).toBe(0);
  });

  it('counts a changed delay from the end, and hands the end on when it is taken away', async () => {
    const outlet = new Outlet();
    const stage = slowClose.start({ delay: 1000 }, outlet);
    stage.end();
    await outlet.clock.advance(100);
    stage.update({ delay: 150 });
    await outlet.clock.advance(100);
    expect(outlet.log).toEqual([[150, 'END']]);
    const other = new Outlet();
    const taken = slowClose.start({ delay: 1000 }, other);
    taken.end();
    taken.release();
    expect([other.log, other.clock.pending]).toEqual([[[0, 'END']], 0]);
  });
});

describe('limit_data', () => {
  it.each([
    { sent: [50], passed: 50, isClosed: false },
    { sent: [100], passed: 100, isClosed: true },
    { sent: [150], passed: 100, isClosed: true },
    { sent: [25, 25, 25, 25], passed: 100, isClosed: true },
    { sent: [90, 20], passed: 100, isClosed: true },
  ])('of 100 bytes passes $passed of $sent', ({ sent, passed, isClosed }) => {
    const outlet = new Outlet();
    const stage = limitData.start({ bytes: 100 }, outlet);
    for (const size of sent) stage.chunk(Buffer.alloc(size));
    expect(outlet.forwardedBytes).toBe(passed);
    expect(outlet.log.some(([, what]) => what === 'CLOSE BEHIND')).toBe(isClosed);
  });

  it('of 0 closes with the first chunk, and not before', () => {
    const outlet = new Outlet();
    const stage = limitData.start({ bytes: 0 }, outlet);
    expect(outlet.log).toEqual([]);
    stage.chunk(bytes('a'));
    expect(outlet.log).toEqual([[0, 'CLOSE BEHIND']]);
  });

  it('keeps its count when the limit changes, and drops what comes after it', () => {
    const outlet = new Outlet();
    const stage = limitData.start({ bytes: 100 }, outlet);
    stage.chunk(Buffer.alloc(60));
    stage.update({ bytes: 80 });
    stage.chunk(Buffer.alloc(60));
    stage.chunk(Buffer.alloc(60));
    expect(outlet.forwardedBytes).toBe(80);
    expect(outlet.log.filter(([, what]) => what === 'CLOSE BEHIND')).toHaveLength(1);
  });
});

describe('slicer', () => {
  function slice(settings: {
    seed?: number;
    chunks: readonly number[];
    attributes: Parameters<typeof slicer.start>[0];
  }) {
    const outlet = new Outlet();
    const seeded = Object.assign(outlet, { random: seededRandom(settings.seed ?? 1) });
    const stage = slicer.start(settings.attributes, seeded);
    for (const size of settings.chunks) stage.chunk(Buffer.alloc(size, 'x'));
    return { outlet, stage };
  }
  const cuts = ({ log }: Outlet): number[] => {
    let at = 0;
    return log.map(([, what]) => (at += /bytes/.test(what) ? Number.parseInt(what) : what.length));
  };

  it('cuts 480 KB into 240 to 720 pieces of 1024 ± 512 bytes', () => {
    const { outlet } = slice({ chunks: [480_000], attributes: { average_size: 1024, size_variation: 512, delay: 0 } });
    expect(outlet.forwardedBytes).toBe(480_000);
    expect(outlet.log.length).toBeGreaterThanOrEqual(240);
    expect(outlet.log.length).toBeLessThanOrEqual(720);
    const sizes = outlet.log.slice(0, -1).map(([, what]) => Number.parseInt(what));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(512);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1536);
  });

  it('cuts 24 bytes into 24 where every piece is one byte', () => {
    const { outlet } = slice({ chunks: [24], attributes: { average_size: 1, size_variation: 0, delay: 0 } });
    expect(outlet.log.map(([, what]) => what)).toEqual(Array.from({ length: 24 }, () => 'x'));
  });

  it('cuts at the same places however the bytes come, and elsewhere with another seed', () => {
    const attributes = { average_size: 100, size_variation: 50, delay: 0 };
    const whole = cuts(slice({ chunks: [3000], attributes }).outlet);
    const inParts = cuts(slice({ chunks: [7, 993, 1, 1999], attributes }).outlet);
    expect(inParts).toEqual(expect.arrayContaining(whole));
    expect(cuts(slice({ seed: 2, chunks: [3000], attributes }).outlet)).not.toEqual(whole);
  });

  it('waits its delay between pieces, on a schedule that late timers do not shift, and gives all back when it is taken away', async () => {
    const { outlet, stage } = slice({
      chunks: [100],
      attributes: { average_size: 10, size_variation: 0, delay: 2500 },
    });
    await outlet.clock.advance(7);
    expect(outlet.log.map(([atMs]) => atMs)).toEqual([0, 3, 5]);
    stage.end();
    stage.release();
    expect(outlet.log.at(-1)).toEqual([7, 'END']);
    expect([outlet.forwardedBytes, outlet.clock.pending]).toEqual([100, 0]);
  });
});

describe('slicer with messages of just a piece', () => {
  it('counts those as delayed that had to wait, though nothing is cut', async () => {
    const outlet = new Outlet();
    const stage = slicer.start({ average_size: 4, size_variation: 0, delay: 5000 }, outlet);
    for (const text of ['1234', '5678']) stage.chunk(bytes(text));
    await outlet.clock.advance(20);
    expect([outlet.forwardedBytes, outlet.bytesAltered]).toEqual([8, 4]);
  });
});

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

  it('drops them in runs where they are, and the same share in all', () => {
    const lost = losses({ loss_rate: 0.1, correlation: 0.5 });
    // After a loss 0.1 + 0.5 · 0.9; runs make the share vary √3 times as much.
    expect(Math.abs(share(lost) - 0.1)).toBeLessThan(0.0147);
    expect(Math.abs(share(afterLost(lost)) - 0.55)).toBeLessThan(0.05);
  });

  it('drops all at 1 and none at 0, and the same ones with the same seed', () => {
    expect(share(losses({ loss_rate: 1, correlation: 0 }))).toBe(1);
    expect(share(losses({ loss_rate: 0, correlation: 1 }))).toBe(0);
    const attributes = { loss_rate: 0.3, correlation: 0.2 };
    expect(losses(attributes, 7, 200)).toEqual(losses(attributes, 7, 200));
    expect(losses(attributes, 8, 200)).not.toEqual(losses(attributes, 7, 200));
  });
});

describe('close_after', () => {
  it('closes its time after it came, whatever goes on, and not when it was taken away', async () => {
    const outlet = new Outlet();
    const stage = closeAfter.start({ delay: 100 }, outlet);
    stage.chunk(bytes('a'));
    await outlet.clock.advance(60);
    stage.chunk(bytes('b'));
    await outlet.clock.advance(100);
    expect(outlet.log).toEqual([
      [0, 'a'],
      [60, 'b'],
      [100, 'CLOSE'],
    ]);
    const other = new Outlet();
    closeAfter.start({ delay: 100 }, other).release();
    await other.clock.advance(200);
    expect([other.log, other.clock.pending]).toEqual([[], 0]);
  });

  it('goes by a changed time from the same beginning, and is never late by being set anew', async () => {
    const outlet = new Outlet();
    const stage = closeAfter.start({ delay: 1000 }, outlet);
    await outlet.clock.advance(100);
    stage.update({ delay: 50 });
    await outlet.clock.advance(1);
    expect(outlet.log).toEqual([[100, 'CLOSE']]);
  });
});

describe('slow_accept', () => {
  it('holds what comes until its time is over, and nothing after that', async () => {
    const outlet = new Outlet();
    const stage = slowAccept.start({ delay: 100 }, outlet);
    stage.chunk(bytes('a'));
    await outlet.clock.advance(60);
    stage.chunk(bytes('b'));
    await outlet.clock.advance(60);
    stage.chunk(bytes('c'));
    stage.end();
    expect(outlet.log).toEqual([
      [100, 'a'],
      [100, 'b'],
      [120, 'c'],
      [120, 'END'],
    ]);
    expect([outlet.bytesAltered, outlet.clock.pending]).toEqual([2, 0]);
  });

  it('hands on an end that came meanwhile once, with a changed time', async () => {
    const outlet = new Outlet();
    const stage = slowAccept.start({ delay: 1000 }, outlet);
    stage.chunk(bytes('a'));
    stage.end();
    await outlet.clock.advance(100);
    stage.update({ delay: 200 });
    await outlet.clock.advance(1000);
    expect(outlet.log).toEqual([
      [200, 'a'],
      [200, 'END'],
    ]);
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
  const flips = (out: Buffer): number => out.filter((byte) => byte !== 0).length;

  it('flips one bit in its share of the bytes, and counts them', () => {
    const { out, altered } = corrupted(0.01, [200_000]);
    expect(out.length).toBe(200_000);
    // 2000 ± 4 σ.
    expect(Math.abs(flips(out) - 2000)).toBeLessThan(4 * Math.sqrt(2000 * 0.99));
    expect(altered).toBe(flips(out));
    expect([...new Set(out)].toSorted((left, right) => left - right)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it('flips the same bits however the bytes come, and others with another seed', () => {
    const { out } = corrupted(0.05, [1000]);
    expect(corrupted(0.05, [1, 499, 7, 0, 493]).out.equals(out)).toBe(true);
    expect(corrupted(0.05, [1000], 2).out.equals(out)).toBe(false);
  });

  it('leaves all at 0 and none at 1, and the bytes that it was given as they are', () => {
    expect(flips(corrupted(0, [1000]).out)).toBe(0);
    expect(flips(corrupted(1, [10, 990]).out)).toBe(1000);
    const given = Buffer.alloc(100);
    corrupt.start({ rate: 1 }, new Outlet()).chunk(given);
    expect(flips(given)).toBe(0);
  });
});
