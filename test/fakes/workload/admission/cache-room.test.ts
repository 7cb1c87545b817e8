import { describe, expect, it } from 'vitest';
import { createCacheRoom } from '../../../../fakes/workload/admission/cache-room.ts';

const figures = { blocks: 100, blockTokens: 16, cacheUsage: 0.1, waiting: 0, preemptions: 0 };

describe('createCacheRoom', () => {
  it('counts the blocks of the prompt and of the longest answer', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    room.see(figures);
    expect(room.blocksFor(200, 48)).toBe(16);
  });

  it('fills its share of the cache and no more', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    room.see(figures);
    expect(room.fits(16, { count: 4, weight: 74 })).toBe(true);
    expect(room.fits(16, { count: 4, weight: 75 })).toBe(false);
  });

  it('shrinks when the model server loses blocks', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    room.see(figures);
    room.see({ ...figures, blocks: 50 });
    expect(room.fits(16, { count: 2, weight: 32 })).toBe(false);
  });

  it('lets one through whatever its size, since the server has to refuse what never fits', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    room.see({ ...figures, blocks: 10 });
    expect(room.fits(16, { count: 0, weight: 0 })).toBe(true);
  });

  it('stops at the fixed number where the model server says nothing', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    expect([room.fits(16, { count: 9, weight: 900 }), room.fits(16, { count: 10, weight: 900 })]).toEqual([
      true,
      false,
    ]);
  });

  it('lets nothing more in when others have filled the cache', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    room.see({ ...figures, cacheUsage: 0.98 });
    expect(room.fits(16, { count: 1, weight: 16 })).toBe(false);
  });

  it('takes less after a preemption and comes back', () => {
    const room = createCacheRoom({ cacheShare: 0.9, mostInFlight: 10 });
    room.see(figures);
    room.see({ ...figures, preemptions: 1 });
    expect(room.fits(16, { count: 4, weight: 74 })).toBe(false);
    for (let look = 0; look < 20; look++) room.see({ ...figures, preemptions: 1 });
    expect(room.fits(16, { count: 4, weight: 74 })).toBe(true);
  });
});
