import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { bandwidth } from '../../harness/proxy/toxics/bandwidth.ts';
import type { SharedByServer } from '../../harness/proxy/toxics/toxic.ts';
import { Pacer } from '../../harness/proxy/pacer.ts';
import { HeldTogether } from '../../harness/proxy/toxics/held-together.ts';
import { latency } from '../../harness/proxy/toxics/latency.ts';
import { slicer } from '../../harness/proxy/toxics/slicer.ts';
import { slowAccept } from '../../harness/proxy/toxics/slow-accept.ts';
import type { Alteration, ToxicStage } from '../../harness/proxy/toxics/toxic.ts';
import { bytes, Outlet } from './toxic-outlet.ts';

const sharedByServer = (): SharedByServer => ({
  held: new HeldTogether(),
  pacer: new Pacer(new Outlet().clock, () => undefined),
});

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

  /** So many chunks it takes until it is full. A chunk counts for 256 bytes more than it has. */
  function fill(stage: ToxicStage, chunk: Buffer): number {
    let taken = 0;
    for (; !stage.full; taken++) stage.chunk(chunk);
    return taken;
  }
  const large = Buffer.alloc(65_536);
  const mebibyte = 2 ** 20;

  it('is full when it holds 32 MiB, also as many small chunks', () => {
    const start = (): ToxicStage => latency.start({ latency: 100, jitter: 0 }, new Outlet());
    expect(fill(start(), large)).toBe(Math.ceil((32 * mebibyte) / (65_536 + 256)));
    expect(fill(start(), bytes('x'))).toBe(Math.ceil((32 * mebibyte) / 257));
  });

  it.each([
    ['has handed on what it held', (_: ToxicStage, { clock }: Outlet) => clock.advance(100)],
    ['has been taken away', (stage: ToxicStage) => stage.release()],
    ['has lost its connection', (stage: ToxicStage) => stage.discard()],
  ])(
    'is full at 256 KiB where all together hold 128 MiB, and takes more again when another one %s',
    async (_, letGo) => {
      const together = latency.together?.(new Outlet().clock, sharedByServer());
      const outlets = Array.from({ length: 6 }, () => new Outlet());
      const stages = outlets.flatMap((outlet) => together?.({ latency: 100, jitter: 0 }, outlet) ?? []);
      const taken = stages.slice(0, 5).map((stage) => fill(stage, large));
      const [most, rest, least] = [32, 128 - 3 * 32, 0.25].map((mib) => Math.ceil((mib * mebibyte) / (65_536 + 256)));
      // Three that are full hold a little more than 32 MiB each, which the fourth lacks.
      expect(taken).toEqual([most, most, most, (rest ?? NaN) - 3, least]);
      await letGo(stages[0] as ToxicStage, outlets[0] as Outlet);
      expect(stages[4]?.full).toBe(false);
      expect(fill(stages[5] as ToxicStage, large)).toBeGreaterThan(least ?? NaN);
    },
  );

  it('holds less than 300 MiB for 500 connections that are all full', () => {
    const together = latency.together?.(new Outlet().clock, sharedByServer());
    const stages = Array.from({ length: 500 }, () => together?.({ latency: 100, jitter: 0 }, new Outlet()));
    const taken = stages.map((stage) => (stage ? fill(stage, large) : NaN)).reduce((sum, chunks) => sum + chunks, 0);
    expect((taken * large.length) / mebibyte).toBeLessThan(300);
    expect((taken * large.length) / mebibyte).toBeGreaterThan(128);
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

describe('slicer that is removed', () => {
  it('counts what it held: the rest of a chunk as cut, chunks that waited as delayed', () => {
    const outlet = new Outlet();
    const counted: [number, Alteration?][] = [];
    outlet.altered = (...what: [number, Alteration?]) => void counted.push(what);
    const stage = slicer.start({ average_size: 10, size_variation: 0, delay: 1_000_000 }, outlet);
    for (const text of ['a'.repeat(100), 'b'.repeat(30)]) stage.chunk(bytes(text));
    stage.release();
    expect(outlet.forwardedBytes).toBe(130);
    expect(counted).toEqual([
      [10, 'cut'],
      [90, 'cut'],
      [30, 'delayed'],
    ]);
    counted.length = 0;
    slicer.start({ average_size: 10, size_variation: 0, delay: 0 }, outlet).release();
    expect(counted).toEqual([]);
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

  it('has done something to a connection of which only the end is late', async () => {
    const outlet = new Outlet();
    let altered = 0;
    outlet.altered = () => void (altered += 1);
    slowAccept.start({ delay: 100 }, outlet).end();
    expect(altered).toBe(1);
    await outlet.clock.advance(100);
    slowAccept.start({ delay: 0 }, outlet).end();
    expect([outlet.log, altered]).toEqual([
      [
        [100, 'END'],
        [100, 'END'],
      ],
      1,
    ]);
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
