import { describe, expect, it } from 'vitest';
import { createChangeFeed } from '../../../../fakes/sources/crm/change-feed.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { startMs } from './crm-on-virtual-time.ts';

const feedOf = (seed: number, rate = 20) => createChangeFeed(seededRandom(seed), rate);
const minuteLater = startMs + 60_000;

describe('the feed of changes', () => {
  it('has nothing before the load begins', () => {
    const feed = feedOf(1);
    expect(feed.until(minuteLater)).toEqual([]);
    feed.start(startMs);
    expect(feed.until(startMs)).toEqual([]);
  });

  it('has the same changes up to a moment, however often and in whatever order it is asked', () => {
    const [once, often] = [feedOf(1), feedOf(1)];
    once.start(startMs);
    often.start(startMs);
    for (let ms = 0; ms <= 60_000; ms += 50) often.until(startMs + ms);
    expect(often.until(minuteLater)).toEqual(once.until(minuteLater));
    expect(often.until(startMs + 10_000)).toEqual(
      once.until(minuteLater).filter(({ atMs }) => atMs <= startMs + 10_000),
    );
  });

  it('differs with the seed', () => {
    const [one, other] = [feedOf(1), feedOf(2)];
    one.start(startMs);
    other.start(startMs);
    expect(one.until(minuteLater)).not.toEqual(other.until(minuteLater));
  });

  it('comes at its rate, four new tickets for each update', () => {
    const feed = feedOf(3);
    feed.start(startMs);
    const changes = feed.until(startMs + 500_000);
    expect(changes.length / 500).toBeGreaterThan(19); // Poisson: 20 ± 0.2 (1 σ)
    expect(changes.length / 500).toBeLessThan(21);
    const newShare = changes.filter(({ version }) => version === 1).length / changes.length;
    expect(newShare).toBeGreaterThan(0.78); // 0.8 ± 0.004 (1 σ)
    expect(newShare).toBeLessThan(0.82);
  });

  it('counts the versions of each ticket up by one, in the order of time', () => {
    const feed = feedOf(4);
    feed.start(startMs);
    const seen = new Map<number, number>();
    let lastMs = startMs;
    for (const [index, change] of feed.until(minuteLater).entries()) {
      expect(change.sequence).toBe(index + 1);
      expect(change.version).toBe((seen.get(change.ticketId) ?? 0) + 1);
      expect(change.atMs).toBeGreaterThanOrEqual(lastMs);
      seen.set(change.ticketId, change.version);
      lastMs = change.atMs;
    }
    expect(Math.max(...seen.values())).toBeGreaterThan(1);
  });

  it('has nothing at a rate of zero', () => {
    const feed = feedOf(5, 0);
    feed.start(startMs);
    expect(feed.until(minuteLater)).toEqual([]);
  });

  it('may be told of the same start twice, but not of another', () => {
    const feed = feedOf(6);
    feed.start(startMs);
    const changes = feed.until(minuteLater).length;
    feed.start(startMs);
    expect(feed.until(minuteLater)).toHaveLength(changes);
    expect(() => feed.start(startMs + 1)).toThrow('has started');
  });
});
