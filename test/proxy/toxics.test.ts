import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { bandwidth } from '../../harness/proxy/toxics/bandwidth.ts';
import { latency } from '../../harness/proxy/toxics/latency.ts';
import { resetPeer } from '../../harness/proxy/toxics/reset-peer.ts';
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
