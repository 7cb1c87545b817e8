import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfter } from '../../../../fakes/sources/crm/retry-after.ts';

const nowMs = 1_790_000_000_123.25;

describe('Retry-After', () => {
  it('rounds seconds up', () => {
    expect(retryAfter('seconds', 1000.1, nowMs)).toEqual({ header: '2', waitMs: 2000 });
    expect(retryAfter('seconds', 2000, nowMs)).toEqual({ header: '2', waitMs: 2000 });
  });

  it('says at least one second', () => {
    expect(retryAfter('seconds', 1, nowMs)).toEqual({ header: '1', waitMs: 1000 });
    expect(retryAfter('http-date', 1, nowMs).waitMs).toBeGreaterThanOrEqual(1000);
  });

  it('rounds a date up to the next whole second, and tells the wait until then', () => {
    const hint = retryAfter('http-date', 1500, nowMs);
    expect(hint.header).toBe('Mon, 21 Sep 2026 14:13:22 GMT');
    expect(hint.waitMs).toBe(1876.75);
  });

  it('can be left out', () => {
    expect(retryAfter('none', 5000, nowMs)).toEqual({ header: null, waitMs: null });
  });

  it('never tells anyone to come back too soon, in any form', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 1.7e12, max: 2e12, noNaN: true }),
        (waitMs, atMs) => {
          const seconds = Number(retryAfter('seconds', waitMs, atMs).header);
          const untilMs = Date.parse(retryAfter('http-date', waitMs, atMs).header ?? '');
          expect(seconds * 1000).toBeGreaterThanOrEqual(waitMs);
          expect(untilMs).toBeGreaterThanOrEqual(atMs + waitMs);
          expect(untilMs - atMs).toBeLessThanOrEqual(Math.max(1000, waitMs) + 1000);
        },
      ),
    );
  });
});
