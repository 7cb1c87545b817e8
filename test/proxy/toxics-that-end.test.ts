import { describe, expect, it } from 'vitest';
import { closeAfter } from '../../harness/proxy/toxics/close-after.ts';
import { halfOpen } from '../../harness/proxy/toxics/half-open.ts';
import { limitData } from '../../harness/proxy/toxics/limit-data.ts';
import { resetPeer } from '../../harness/proxy/toxics/reset-peer.ts';
import { slowClose } from '../../harness/proxy/toxics/slow-close.ts';
import { timeout } from '../../harness/proxy/toxics/timeout.ts';
import { bytes, Outlet } from './toxic-outlet.ts';

describe('timeout', () => {
  it('drops everything, and closes after so much silence, counted from the last chunk', async () => {
    const outlet = new Outlet();
    const stage = timeout.start({ timeout: 100 }, outlet);
    await outlet.clock.advance(60);
    stage.chunk(bytes('abc'));
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

  it.each([0, 100])('%i closes when the sender has finished, so that clients that come and go leave nothing', (ms) => {
    const outlet = new Outlet();
    const stage = timeout.start({ timeout: ms }, outlet);
    stage.chunk(bytes('abc'));
    stage.end();
    expect([outlet.log, outlet.bytesAltered]).toEqual([[[0, 'CLOSE']], 3]);
  });
});

describe('half_open', () => {
  it.each(['finished', 'broken down'])('hides that the sender has %s for a minute, and closes then', async (how) => {
    const outlet = new Outlet();
    const stage = halfOpen.start({}, outlet);
    await outlet.clock.advance(5);
    if (how === 'finished') stage.end();
    else expect(stage.broken?.()).toBe(true);
    await outlet.clock.advance(59_999);
    expect(outlet.log).toEqual([]);
    await outlet.clock.advance(1);
    expect([outlet.log, outlet.clock.pending]).toEqual([[[60_005, 'CLOSE']], 0]);
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
    // They came late, which is something.
    expect(outlet.bytesAltered).toBe(3);
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
