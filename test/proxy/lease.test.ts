import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { portState, realClock, startBench, type Bench } from './support.ts';

let clock: VirtualClock;
let bench: Bench;
beforeEach(async () => {
  clock = new VirtualClock();
  bench = await startBench({ clock });
});
afterEach(() => bench.cleanup.stop());

const renew = (leaseMs: unknown) => bench.call('POST', '/gameday/lease', { leaseMs });
const proxy = async (name: string) => (await bench.call('GET', `/proxies/${name}`)).json;
const healed = (name: string) =>
  waitUntil(realClock, async () => ((await proxy(name))['enabled'] === true ? true : undefined), {
    what: `${name} to be enabled`,
    limitMs: 2_000,
    everyMs: 5,
  });

it('is none until somebody asks for one, and nothing ends by itself', async () => {
  await bench.proxy('a', '127.0.0.1:9');
  await bench.toxic('a', { name: 'slow', type: 'latency' });
  await clock.advance(86_400_000);
  expect((await bench.call('GET', '/gameday/lease')).json).toEqual({ kind: 'none' });
  expect((await proxy('a'))['toxics']).toHaveLength(1);
});

it('keeps the faults as long as it is renewed, and removes toxics and enables proxies when it lapses', async () => {
  const echo = await bench.echo();
  const port = await bench.proxy('a', echo.address);
  const cutPort = await bench.proxy('cut', echo.address);
  await bench.toxic('a', { name: 'slow', type: 'latency', attributes: { latency: 60_000 } });
  await bench.call('PATCH', '/proxies/cut', { enabled: false });
  const peer = await bench.dial(port);
  peer.socket.write('hello');
  await bench.untilAltered('a', 'slow', 5);
  for (let beat = 0; beat < 4; beat++) {
    expect((await renew(5_000)).json).toEqual({ kind: 'held', leaseMs: 5_000, leftMs: 5_000 });
    await clock.advance(4_999);
  }
  expect((await bench.call('GET', '/gameday/lease')).json).toEqual({ kind: 'held', leaseMs: 5_000, leftMs: 1 });
  expect([(await proxy('a'))['toxics'], (await proxy('cut'))['enabled']]).toMatchObject([[{ name: 'slow' }], false]);
  expect(peer.text).toBe('');

  await clock.advance(1);
  await peer.bytes(5);
  await healed('cut');
  expect((await proxy('a'))['toxics']).toEqual([]);
  expect(await portState(cutPort)).toBe('open');
  const lapsedAtMs = 4 * 4_999 + 1;
  expect((await bench.call('GET', '/gameday/lease')).json).toEqual({ kind: 'lapsed', lapsedAtMs });
  const receipt = await bench.receipt('a', 'slow');
  expect(receipt).toMatchObject({
    ended: 'lease lapsed',
    activeToMs: lapsedAtMs,
    bytesAltered: 5,
    connectionsAltered: 1,
  });
});

it('can be taken again after it lapsed', async () => {
  await renew(100);
  await clock.advance(100);
  await bench.proxy('a', '127.0.0.1:9');
  await bench.toxic('a', { type: 'latency' });
  expect((await renew(200)).json).toMatchObject({ kind: 'held' });
  await clock.advance(199);
  expect((await proxy('a'))['toxics']).toHaveLength(1);
  await clock.advance(1);
  expect((await proxy('a'))['toxics']).toEqual([]);
});

it('goes on healing while somebody else has the port of a disabled proxy', async () => {
  const port = await bench.proxy('a', '127.0.0.1:9');
  await bench.call('PATCH', '/proxies/a', { enabled: false });
  const thief = createServer().listen(port, '127.0.0.1');
  await once(thief, 'listening');
  await renew(100);
  await clock.advance(100);
  await waitUntil(realClock, () => (clock.pending > 0 ? true : undefined), {
    what: 'the next try',
    limitMs: 1_000,
    everyMs: 2,
  });
  expect((await proxy('a'))['enabled']).toBe(false);
  await new Promise((resolve) => thief.close(resolve));
  await clock.advance(250);
  await healed('a');
});

it('that has lapsed removes nothing of what is done later, while it still waits for a port', async () => {
  const port = await bench.proxy('a', '127.0.0.1:9');
  await bench.proxy('b', '127.0.0.1:9');
  await bench.call('PATCH', '/proxies/a', { enabled: false });
  const thief = createServer().listen(port, '127.0.0.1');
  await once(thief, 'listening');
  await renew(100);
  await clock.advance(100);
  const isWaiting = (): true | undefined => (clock.pending > 0 ? true : undefined);
  await waitUntil(realClock, isWaiting, { what: 'the next try', limitMs: 10_000, everyMs: 2 });
  await renew(60_000);
  await bench.toxic('b', { name: 'later', type: 'latency' });
  await bench.call('PATCH', '/proxies/b', { enabled: false });
  for (let tries = 0; tries < 4; tries++) {
    await clock.advance(250);
    await realClock.sleep(20);
  }
  expect(await proxy('b')).toMatchObject({ enabled: false, toxics: [{ name: 'later' }] });
  // Nor is what somebody wants otherwise meanwhile enabled behind their back.
  await bench.call('PATCH', '/proxies/a', { enabled: false });
  await new Promise((resolve) => thief.close(resolve));
  for (let tries = 0; tries < 4; tries++) {
    await clock.advance(250);
    await realClock.sleep(20);
  }
  expect(await portState(port)).toBe('ECONNREFUSED');
});

it('refuses a body that nearly has its field', async () => {
  for (const body of [{ leasems: 300, more: 1 }, { leaseMS: 300 }]) {
    const { status, json } = await bench.call('POST', '/gameday/lease', body);
    expect([status, json['kind']]).toEqual([200, 'held']);
  }
  const { status, text } = await bench.call('POST', '/gameday/lease', { lease: 1 });
  expect([status, text]).toEqual([400, expect.stringContaining('leaseMs')]);
  expect((await bench.call('POST', '/gameday/decisions', { on: true, limits: 5 })).status).toBe(400);
});

it.each([0, -1, 'soon', null])('refuses a lease of %j', async (leaseMs) => {
  const answer = await renew(leaseMs);
  expect([answer.status, answer.json['error']]).toEqual([400, expect.stringMatching(/^bad request body: leaseMs/)]);
});

describe('a lease of its own', () => {
  it('ends a toxic when no heartbeat comes in time, and no other one', async () => {
    await bench.proxy('a', '127.0.0.1:9');
    await bench.toxic('a', { name: 'leased', type: 'latency', lease: 5 });
    await bench.toxic('a', { name: 'kept', type: 'latency' });
    const names = async (): Promise<unknown> =>
      ((await proxy('a'))['toxics'] as { name: string }[]).map(({ name }) => name);
    for (let beat = 0; beat < 3; beat++) {
      await clock.advance(4_999);
      await bench.call('POST', '/gameday/lease', {});
    }
    expect(await names()).toEqual(['leased', 'kept']);
    await clock.advance(5_000);
    expect(await names()).toEqual(['kept']);
    expect(await bench.receipt('a', 'leased')).toMatchObject({ ended: 'lease lapsed', activeToMs: 3 * 4_999 + 5_000 });
    expect((await bench.call('GET', '/gameday/lease')).json).toEqual({ kind: 'none' });
  });

  it.each([undefined, {}])('is renewed by a heartbeat whose body is %j', async (body) => {
    await bench.proxy('a', '127.0.0.1:9');
    await bench.toxic('a', { name: 'leased', type: 'latency', lease: 0.5 });
    for (let beat = 0; beat < 3; beat++) {
      await clock.advance(499);
      expect((await bench.call('POST', '/gameday/lease', body)).status).toBe(200);
    }
    expect((await proxy('a'))['toxics']).toMatchObject([{ name: 'leased' }]);
    await clock.advance(500);
    expect((await proxy('a'))['toxics']).toEqual([]);
  });

  it('is renewed by populating again what is there just so', async () => {
    const list = (latency: number): object[] => [
      {
        ...{ name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' },
        toxics: [{ name: 'leased', type: 'latency', lease: 0.5, attributes: { latency } }],
      },
    ];
    const { json } = await bench.call<{ proxies: { listen: string }[] }>('POST', '/populate', list(1));
    const fromMs = clock.now();
    const there = list(1).map((one) => ({ ...one, listen: json.proxies[0]?.listen }));
    for (let beat = 0; beat < 3; beat++) {
      await clock.advance(499);
      expect((await bench.call('POST', '/populate', there)).status).toBe(201);
    }
    expect((await proxy('a'))['toxics']).toMatchObject([{ name: 'leased' }]);
    // It is the one of the beginning.
    expect(await bench.receipt('a', 'leased')).toMatchObject({ ended: null, activeFromMs: fromMs });
    await clock.advance(500);
    expect((await proxy('a'))['toxics']).toEqual([]);
  });

  it('is shown in seconds, and is gone with its toxic', async () => {
    await bench.proxy('a', '127.0.0.1:9');
    await bench.toxic('a', { name: 'leased', type: 'latency', lease: 0.5, seed: 7 });
    expect((await proxy('a'))['toxics']).toMatchObject([{ lease: 0.5, seed: 7 }]);
    await bench.call('DELETE', '/proxies/a/toxics/leased');
    await bench.toxic('a', { name: 'leased', type: 'latency' });
    await clock.advance(600);
    expect((await proxy('a'))['toxics']).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('heals a proxy: its toxics go, and it is enabled again', async () => {
    const port = await bench.proxy('a', '127.0.0.1:9', { lease: 2 });
    await bench.toxic('a', { name: 'slow', type: 'latency' });
    await bench.call('PATCH', '/proxies/a', { enabled: false });
    expect(await portState(port)).toBe('ECONNREFUSED');
    await clock.advance(2_000);
    await healed('a');
    expect((await proxy('a'))['toxics']).toEqual([]);
    expect(await bench.receipt('a', 'slow')).toMatchObject({ ended: 'lease lapsed' });
  });

  it.each([
    ['', undefined],
    [', also after a call that asks for that is refused', { enabled: true }],
    [', also after a call that cannot be carried out', { enabled: false, listen: 'nowhere' }],
  ])('goes on enabling its proxy while somebody else has the port%s', async (_after, change) => {
    const port = await bench.proxy('a', '127.0.0.1:9', { lease: 2 });
    await bench.call('PATCH', '/proxies/a', { enabled: false });
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    await clock.advance(2_000);
    const isWaiting = (): true | undefined => (clock.pending > 0 ? true : undefined);
    await waitUntil(realClock, isWaiting, { what: 'the next try', limitMs: 10_000, everyMs: 2 });
    if (change) expect((await bench.call('PATCH', '/proxies/a', change)).status).toBe(500);
    await new Promise((resolve) => thief.close(resolve));
    await clock.advance(250);
    await healed('a');
  });

  it('of a proxy that was deleted enables nothing', async () => {
    const port = await bench.proxy('a', '127.0.0.1:9', { lease: 2 });
    await bench.call('DELETE', '/proxies/a');
    await clock.advance(3_000);
    expect([await portState(port), clock.pending]).toEqual(['ECONNREFUSED', 0]);
  });

  it.each([0, -1, 100_000, '5'])('of %j is refused', async (lease) => {
    await bench.proxy('a', '127.0.0.1:9');
    const { status, text } = await bench.call('POST', '/proxies/a/toxics', { type: 'latency', lease });
    expect([status, text]).toEqual([400, expect.stringContaining('lease')]);
  });
});
