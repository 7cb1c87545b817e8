import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectBackToTheStart, footprint, type Footprint } from '../footprint.ts';
import { borrowProcess, callMs, processesForAll, startMeasuredProxy, type ProcessBench } from '../proxy-process.ts';
import type { Peer } from '../support.ts';
import { EdgeBench } from './edge-bench.ts';

// One read may have many thousands of events, and faults may make many of each: that is done in slices, as far as the client takes it.

const get = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
const event = 'data: x\n\n';
const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `data: ${index}\n\n`).join('');

/** A connection on which a stream has been asked for, with faults that are done to it. */
function asked(toxics: readonly (readonly [type: string, attributes: Record<string, number | string>])[]): EdgeBench {
  const bench = new EdgeBench();
  for (const [type, attributes] of toxics) bench.add(type, attributes);
  bench.client.say(get);
  bench.server.say(Buffer.from(head));
  return bench;
}
const every = ['stream_duplicate', { event: 0 }] as const;

describe('what comes in one read of many thousand events', () => {
  it.each([
    ['stream_duplicate', [every], numbered(5000).replaceAll(/data: \d+\n\n/g, '$&$&')],
    ['three of them', [every, every, every], numbered(5000).replaceAll(/data: \d+\n\n/g, '$&'.repeat(8))],
    ['stream_drop', [['stream_drop', { event: 3000 }]], numbered(5000).replace('data: 2999\n\n', '')],
    ['stream_reorder', [['stream_reorder', { event: 3000 }]], numbered(5000).replace('data: 2999\n\ndata: 3000\n\n', 'data: 3000\n\ndata: 2999\n\n')], // prettier-ignore
    ['stream_unfinished', [['stream_unfinished', { missing: 'both' }]], numbered(5000)],
    ['stream_slow', [['stream_slow', { delay: 0 }]], numbered(5000)],
    ['a cut behind a duplicate', [every, ['stream_cut', { events: 6000, how: 'end' }]], numbered(3000).replaceAll(/data: \d+\n\n/g, '$&$&')], // prettier-ignore
    ['a duplicate behind a cut', [['stream_cut', { events: 3000, how: 'end' }], every], numbered(3000).replaceAll(/data: \d+\n\n/g, '$&$&')], // prettier-ignore
    ['a late stream', [['stream_late', { delay: 100 }], every], numbered(5000).replaceAll(/data: \d+\n\n/g, '$&$&')],
  ] as const)(
    'goes through %s in slices, whole and in order, with the end behind it',
    async (_what, toxics, wanted) => {
      const bench = asked(toxics);
      const { client, server, clock } = bench;
      server.say(Buffer.from(numbered(5000)));
      server.say('end');
      expect(client.text.length).toBeLessThan(head.length + wanted.length / 3);
      await clock.advance(10_000);
      expect(client.text.slice(client.text.indexOf('\r\n\r\n') + 4)).toBe(wanted);
      expect([client.writableEnded, clock.pending]).toEqual([true, 0]);
    },
  );

  it('waits for a client that takes no more, without a timer, and goes on when it does', async () => {
    const bench = asked([every, every]);
    const { client, server, clock } = bench;
    client.isBlocked = true;
    server.say(Buffer.from(numbered(5000)));
    await clock.advance(1000);
    const taken = client.text.length;
    expect(taken).toBeLessThan(head.length + 400 * 4 * 'data: 1234\n\n'.length);
    expect([clock.pending, server.isPaused]).toEqual([0, true]);
    client.drain();
    await clock.advance(1000);
    expect(client.text.slice(head.length)).toBe(numbered(5000).replaceAll(/data: \d+\n\n/g, '$&'.repeat(4)));
    expect([clock.pending, server.isPaused]).toEqual([0, false]);
  });

  it('is held by a fault until one behind it takes more, which goes when its toxic does', async () => {
    const bench = asked([every, ['stream_stall', { events: 1, stall: 0 }]]);
    const { client, server, clock, toxics } = bench;
    server.say(Buffer.from(numbered(5000)));
    await clock.advance(1000);
    expect(client.text.slice(head.length)).toBe('data: 0\n\n');
    // What is held is what fits, not what could be made of all that is there.
    expect(toxics[0]?.account().bytesAdded).toBeLessThan(10_000);
    const [, stall] = toxics;
    if (stall) bench.remove(stall);
    await clock.advance(1000);
    expect(client.text.slice(head.length)).toBe(numbered(5000).replaceAll(/data: \d+\n\n/g, '$&$&'));
    expect([clock.pending, server.isPaused]).toEqual([0, false]);
  });

  it.each(['while the server still speaks', 'when it has finished'])(
    'goes on as it came, at once, when the toxic goes %s',
    async (when) => {
      const bench = asked([every]);
      const { client, server, clock, toxics } = bench;
      server.say(Buffer.from(numbered(5000)));
      if (when === 'when it has finished') server.say('end');
      const [toxic] = toxics;
      if (toxic) bench.remove(toxic);
      const told = client.text.slice(head.length);
      expect(toxic?.account().bytesAdded).toBeGreaterThan(0);
      expect(told.endsWith('data: 4998\n\ndata: 4999\n\n')).toBe(true);
      expect([told.match(/data: 0\n/g)?.length, told.match(/data: 4999\n/g)?.length]).toEqual([2, 1]);
      expect(told.replaceAll(/(data: \d+\n\n)\1/g, '$1')).toBe(numbered(5000));
      await clock.advance(10);
      expect([client.writableEnded, clock.pending]).toEqual([when === 'when it has finished', 0]);
    },
  );
});

const megabyte = event.repeat(Math.ceil(1_000_000 / event.length));
const limitMs = 50;

/** A proxy before a server that answers with many small events, a megabyte of them unless others are given. */
async function streaming(
  bench: ProcessBench,
  toxics: readonly Record<string, unknown>[],
  events = megabyte,
): Promise<number> {
  const upstream = await bench.tcp((socket) => void socket.once('data', () => socket.end(head + events)));
  const port = await bench.proxy('a', upstream.address);
  for (const [index, toxic] of toxics.entries()) await bench.toxic('a', { name: `t${index}`, ...toxic });
  return port;
}

/** A client that has asked and does not read. */
async function paused(bench: ProcessBench, port: number): Promise<Peer> {
  const client = await bench.dial(port);
  client.socket.pause();
  client.socket.write(get);
  return client;
}

describe('while a client does not read a stream of a hundred thousand small events', () => {
  /** For all: they take longer to start than a stream to be seen. */
  const processes = processesForAll(startMeasuredProxy);
  /** Of the busy one, with nothing in it. */
  let start: Footprint;
  beforeAll(async () => {
    start = await footprint(processes()[1]);
  });

  let bench: ProcessBench;
  beforeEach(() => {
    bench = borrowProcess(processes()[1]);
  });
  afterEach(async () => {
    await bench.cleanup.stop();
    // What one fault held would be taken for what was there before the next.
    await expectBackToTheStart(bench, start, 16);
  });

  it.each([
    ...[1, 3, 8].map((count) => [`${count} stream_duplicate`, Array<object>(count).fill({ type: 'stream_duplicate', attributes: { event: 0 } })] as const), // prettier-ignore
    ['stream_unfinished', [{ type: 'stream_unfinished' }]] as const,
    ['stream_cut with done', [{ type: 'stream_cut', attributes: { events: 1, how: 'done' } }]] as const,
    [
      'stream_stall behind eight stream_duplicate',
      [
        ...Array<object>(8).fill({ type: 'stream_duplicate', attributes: { event: 0 } }),
        { type: 'stream_stall', attributes: { stall: 0 } },
      ],
    ] as const,
  ])(
    'by %s, control is answered in time, and what is held is bounded',
    async (_what, toxics) => {
      const [idle] = processes();
      const port = await streaming(bench, toxics as Record<string, unknown>[]);
      const moreMs: number[] = [];
      // The best of some: a busy machine may be slow for one of the two, work that holds up the answer is there each time.
      while (moreMs.length < 5 && !moreMs.some((ms) => ms < limitMs)) {
        await paused(bench, port);
        const slowestMs = { idle: 0, busy: 0 };
        for (let call = 0; call < 40; call++) {
          slowestMs.idle = Math.max(slowestMs.idle, await callMs(idle, 'GET', '/version'));
          slowestMs.busy = Math.max(slowestMs.busy, await callMs(bench, 'GET', '/version'));
        }
        moreMs.push(slowestMs.busy - slowestMs.idle);
      }
      const { usedMiB } = await footprint(bench);
      expect(Math.min(...moreMs)).toBeLessThan(limitMs);
      expect(usedMiB - start.usedMiB).toBeLessThan(64);
    },
    60_000,
  );

  // As many as take a second to read.
  it('has all of thirty thousand, twice, when it reads', async () => {
    const events = event.repeat(30_000);
    const port = await streaming(bench, [{ type: 'stream_duplicate', attributes: { event: 0 } }], events);
    const client = await paused(bench, port);
    client.socket.resume();
    await client.finished();
    expect(client.receivedBytes).toBe(head.length + 2 * events.length);
  }, 60_000);
});
