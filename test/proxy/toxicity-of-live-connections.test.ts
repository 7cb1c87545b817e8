import { expect, it } from 'vitest';
import { startBench, type Bench, type Peer } from './support.ts';

const neighbour = { name: 'neighbour', type: 'latency', stream: 'upstream', toxicity: 0.5, attributes: { latency: 1 } };
const onNeighbour = '/proxies/a/toxics/neighbour';

/** What may happen to a toxic beside the one that was rolled for. */
const steps: readonly (readonly [what: string, act: (bench: Bench) => Promise<unknown>])[] = [
  ['nothing', () => Promise.resolve()],
  ['added', (bench) => bench.toxic('a', neighbour)],
  ['attributes changed', (bench) => bench.call('PATCH', onNeighbour, { attributes: { latency: 2 } })],
  ['toxicity changed', (bench) => bench.call('PATCH', onNeighbour, { toxicity: 1 })],
  ['another added', (bench) => bench.toxic('a', { ...neighbour, name: 'second', stream: 'downstream' })],
  ['own attributes changed', (bench) => bench.call('PATCH', '/proxies/a/toxics/half', { attributes: { rate: 1 } })],
  ['removed', (bench) => bench.call('DELETE', onNeighbour)],
  ['another removed', (bench) => bench.call('DELETE', '/proxies/a/toxics/second')],
];

/** Which connections have all bits of what is sent on them in order. */
async function pattern(peers: readonly Peer[]): Promise<string> {
  const sent = 'x'.repeat(50);
  const came = peers.map(async (peer) => {
    const before = peer.receivedBytes;
    await peer.roundTrip(sent);
    return peer.received.subarray(before).toString() === sent ? '.' : 'x';
  });
  return (await Promise.all(came)).join('');
}

it('a live connection is not rolled for again when a neighbour of a toxic is added, changed or removed', async () => {
  await using bench = await startBench({ seed: 5 });
  const port = await bench.proxy('a', (await bench.echo()).address);
  // On a connection that it is done to, one bit of every byte is flipped.
  await bench.toxic('a', { name: 'half', type: 'corrupt', stream: 'upstream', toxicity: 0.5, attributes: { rate: 1 } });
  const peers: Peer[] = [];
  for (let count = 0; count < 40; count++) peers.push(await bench.dial(port));
  const first = await pattern(peers);
  expect(first).toMatch(/^(?=.*x)(?=.*\.)/);
  for (const [what, act] of steps) {
    await act(bench);
    expect([what, await pattern(peers)]).toEqual([what, first]);
  }
  expect(await bench.receipt('a', 'half')).toMatchObject({
    connectionsSeen: peers.length,
    connectionsAltered: first.replaceAll('.', '').length,
  });
});

it('a toxicity that changes is held against what was rolled: no connection that it is done to is left out when it rises', async () => {
  await using bench = await startBench({ seed: 5 });
  const port = await bench.proxy('a', (await bench.echo()).address);
  await bench.toxic('a', { name: 'half', type: 'corrupt', stream: 'upstream', toxicity: 0.5, attributes: { rate: 1 } });
  const peers: Peer[] = [];
  for (let count = 0; count < 40; count++) peers.push(await bench.dial(port));
  const patterns: string[] = [];
  for (const toxicity of [0.2, 0.5, 0.8, 0.5]) {
    await bench.call('PATCH', '/proxies/a/toxics/half', { toxicity });
    patterns.push(await pattern(peers));
  }
  const [low = '', middle = '', high = '', again] = patterns;
  expect(again).toBe(middle);
  const isWithin = (less: string, more: string): boolean =>
    Array.from(less).every((one, index) => one === '.' || more[index] === 'x');
  expect([isWithin(low, middle), isWithin(middle, high)]).toEqual([true, true]);
  expect(new Set([low, middle, high]).size).toBe(3);
});
