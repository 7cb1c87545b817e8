import { expect, it } from 'vitest';
import { LinkCounts, type LinkCount } from '../../harness/proxy/link-counts.ts';

const link = (proxy: string): { proxy: string; listener: string; upstream: string } => ({
  ...{ proxy, listener: '127.0.0.1:1', upstream: '127.0.0.1:2' },
});
const used = (counts: LinkCounts, proxy: string): LinkCount => {
  const count = counts.open(link(proxy));
  count.received.upstream += 1;
  return count;
};

it('remembers the last 1,000 links that have closed, and every one that is open', () => {
  const counts = new LinkCounts();
  used(counts, 'open');
  for (let number = 0; number <= 1000; number++) counts.close(used(counts, `closed ${number}`));
  const names = counts.all().map(({ proxy }) => proxy);
  expect(names).toHaveLength(1001);
  expect(names.slice(0, 2)).toEqual(['open', 'closed 1']);
});

it('forgets a link that nothing has come through', () => {
  const counts = new LinkCounts();
  counts.close(counts.open(link('idle')));
  expect(counts.all()).toEqual([]);
});
