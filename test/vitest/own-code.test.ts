import { describe, it } from 'vitest';
import { blackHole, resetConnections, simulate, slowLink, type Scenario } from '../../harness/index.ts';
import { expect } from '../../harness/vitest/index.ts';
import { smallScenario } from '../run/small-world.ts';
import { handedFetch, throughMsw } from './own-code.ts';

/** What became of the questions that were due in the first half of a fault: the share of good ones, and how long the fastest took. */
async function under(
  target: typeof handedFetch,
  fault: Scenario['faults'][number],
): Promise<{ goodShare: number; fastestMs: number }> {
  const { record, samples } = await simulate({ ...smallScenario, faults: [fault] }, { target, seed: 3 });
  const [receipt] = record.receipts;
  if (!receipt) throw new Error('The fault gave no receipt.');
  expect(receipt.altered).toBeGreaterThan(0);
  const untilMs = (receipt.activeFromMs + receipt.activeToMs) / 2;
  const hit = samples.filter(({ dueMs }) => dueMs > receipt.activeFromMs && dueMs < untilMs);
  const good = hit.filter(({ outcome }) => outcome.kind === 'good');
  return {
    goodShare: good.length / hit.length,
    fastestMs: Math.min(...good.map(({ doneMs, dueMs }) => (doneMs ?? Infinity) - dueMs)),
  };
}

describe.each([
  { name: 'by the fetch that it is handed', target: handedFetch },
  { name: 'through handlers of Mock Service Worker', target: throughMsw },
])('a function of ours as the target, $name', ({ target }) => {
  it('reaches the fakes in virtual time, and the same each time', async () => {
    const fetchBefore = fetch;
    const once = await simulate(smallScenario, { target, seed: 3 });
    expect(once.samples.length).toBeGreaterThan(100);
    expect(new Set(once.samples.map(({ outcome }) => outcome.kind))).toEqual(new Set(['good']));
    expect(once.record.notes).toEqual([]);
    const chats = once.calls.filter(({ operation, outcome }) => operation?.startsWith('chat') && outcome === 'ok');
    expect(chats.length).toBe(once.samples.length);
    const again = await simulate(smallScenario, { target, seed: 3 });
    expect(again.samples).toEqual(once.samples);
    expect(fetch).toBe(fetchBefore);
  });

  it('feels the faults of the links to them', async () => {
    expect((await under(target, resetConnections({ part: 'model-server' }))).goodShare).toBe(0);
    expect((await under(target, blackHole({ part: 'model-server' }))).goodShare).toBe(0);
    const slow = await under(target, slowLink({ part: 'model-server', latencyMs: 400, jitterMs: 0 }));
    expect(slow.goodShare).toBe(1);
    expect(slow.fastestMs).toBeGreaterThan(400);
  });
});
