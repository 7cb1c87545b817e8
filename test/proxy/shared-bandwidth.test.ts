import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/kit/deadline.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { ToxicKind } from '../../harness/proxy/toxics/toxic.ts';
import { ActiveToxic } from '../../harness/proxy/active-toxic.ts';
import type { Meeting } from '../../harness/proxy/meeting.ts';
import { sharedBandwidth } from '../../harness/proxy/toxics/shared-bandwidth.ts';
import type { ToxicStage } from '../../harness/proxy/toxics/toxic.ts';
import { realClock, startBench } from './support.ts';

/** One connection of several that a toxic is at: what was sent on it and what came. */
class Lane {
  readonly sent: Buffer[] = [];
  readonly came: Buffer[] = [];
  ended = 0;
  stage: ToxicStage | undefined;
  readonly #toxic: ActiveToxic<ToxicKind>;
  readonly #clock: VirtualClock;
  readonly meeting: Meeting;

  constructor(toxic: ActiveToxic<ToxicKind>, clock: VirtualClock, number: number) {
    this.#toxic = toxic;
    this.#clock = clock;
    this.meeting = toxic.meet(number, seededRandom(number));
    this.start();
  }

  start(): void {
    if (this.stage || this.ended > 0) return;
    const never = (): void => {
      throw new Error('Nothing of this closes.');
    };
    this.stage = this.#toxic.start(this.#toxic.attributes, {
      ...{ clock: this.#clock, random: this.meeting.random, close: never, closeBehind: never, reset: never },
      forward: (chunk) => void this.came.push(chunk),
      end: () => (this.ended += 1),
      altered: () => undefined,
    });
  }

  release(): void {
    this.stage?.release();
    this.stage = undefined;
  }

  send(bytes: number): void {
    const from = this.sentBytes;
    const chunk = Buffer.from(Array.from({ length: bytes }, (_, index) => (from + index) % 251));
    this.sent.push(chunk);
    if (this.stage) this.stage.chunk(chunk);
    else this.came.push(chunk);
  }

  get sentBytes(): number {
    return this.sent.reduce((sum, { length }) => sum + length, 0);
  }

  get bytes(): number {
    return this.came.reduce((sum, { length }) => sum + length, 0);
  }
}

function lanes(count: number, rate: number): { clock: VirtualClock; toxic: ActiveToxic<ToxicKind>; all: Lane[] } {
  const clock = new VirtualClock();
  const request = { name: 'line', kind: sharedBandwidth, stream: 'upstream', direction: 'upstream' } as const;
  const toxic = new ActiveToxic('a', { ...request, toxicity: 1, attributes: { rate } }, clock);
  return { clock, toxic, all: Array.from({ length: count }, (_, index) => new Lane(toxic, clock, index)) };
}

/** So many bytes at a time: a connection that offers more than its share. */
function offer(lane: Lane, times: number, bytes = 10_000): void {
  for (let count = 0; count < times; count++) lane.send(bytes);
}

describe('a shared bandwidth', () => {
  it('lets its rate through in all, and the same to each that has something to send, whatever they offer', async () => {
    const { clock, all } = lanes(3, 100);
    const [greedy, modest, small] = all as [Lane, Lane, Lane];
    offer(greedy, 100);
    offer(modest, 10);
    for (let count = 0; count < 3000; count++) small.send(10);
    await clock.advance(600);
    // 60,000 bytes in 600 ms, in turns of 1000.
    expect([greedy.bytes, modest.bytes]).toEqual([20_000, 20_000]);
    // Sums of tenths of a millisecond are not exact, so its last chunk may be a millisecond late.
    expect([20_000, 19_990]).toContain(small.bytes);
    await clock.advance(301);
    expect(small.bytes).toBe(30_000);
    await clock.advance(1000);
    // What the one that has finished leaves is for the others.
    expect([greedy.bytes, modest.bytes]).toEqual([80_000, 80_000]);
  });

  it('gives a newcomer its share at once, and the share of one that goes to the others', async () => {
    const { clock, toxic, all } = lanes(1, 100);
    const [first] = all as [Lane];
    offer(first, 100);
    await clock.advance(1000);
    expect(first.bytes).toBe(100_000);
    const second = new Lane(toxic, clock, 7);
    offer(second, 100);
    await clock.advance(1000);
    expect([first.bytes, second.bytes]).toEqual([150_000, 50_000]);
    second.stage?.discard();
    await clock.advance(1000);
    // What was on the line when it went is lost to the line: a turn at most.
    expect(first.bytes).toBeGreaterThanOrEqual(249_000);
    expect(first.bytes).toBeLessThanOrEqual(250_000);
    expect(second.bytes).toBe(50_000);
  });

  it('earns nothing while nobody sends, while its rate is 0, and at a rate of before', async () => {
    const { clock, toxic, all } = lanes(2, 10);
    const [one, other] = all as [Lane, Lane];
    await clock.advance(10_000);
    offer(one, 10);
    offer(other, 10);
    await clock.advance(100);
    expect(one.bytes + other.bytes).toBe(1000);
    const change = (rate: number): void => {
      toxic.attributes = { rate };
      for (const lane of all) lane.stage?.update(toxic.attributes);
    };
    change(0);
    await clock.advance(10_000);
    expect([one.bytes + other.bytes, clock.pending]).toEqual([1000, 0]);
    change(100);
    await clock.advance(100);
    expect([one.bytes, other.bytes]).toEqual([5500, 5500]);
  });

  it.each([100, 5000, 50_000])('keeps a rate of %i KB/s on the long run', async (rate) => {
    const { clock, all } = lanes(5, rate);
    const bytesEach = rate * 20;
    for (const lane of all) offer(lane, 10, bytesEach / 10);
    await clock.advance(99);
    const passed = all.reduce((sum, { bytes }) => sum + bytes, 0);
    // All but the piece that is on the line, and a millisecond that is owed at most.
    expect(passed).toBeGreaterThanOrEqual(rate * (99 - 10));
    expect(passed).toBeLessThanOrEqual(rate * (99 + 1));
    await clock.advance(2);
    expect(all.map(({ bytes }) => bytes)).toEqual(all.map(() => bytesEach));
    expect(clock.pending).toBe(0);
  });

  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), lane: fc.nat(3), bytes: fc.integer({ min: 1, max: 3000 }) }) }, // prettier-ignore
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(150) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rate' as const), rate: fc.nat(60) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'start' as const), lane: fc.nat(3) }) },
  );

  it('loses, repeats and reorders nothing on any connection, whatever comes, changes and goes, and never exceeds its rate', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40, size: 'max' }), async (acts) => {
        const { clock, toxic, all } = lanes(4, 20);
        for (const one of acts) {
          const lane = 'lane' in one ? all[one.lane] : undefined;
          if (one.do === 'send') lane?.send(one.bytes);
          else if (one.do === 'wait') {
            const { rate = 0 } = toxic.attributes;
            // What passes connections that the toxic is not at does so at once, so all of this has come over the line.
            const before = all.reduce((sum, { bytes }) => sum + bytes, 0);
            await clock.advance(one.ms);
            const passed = all.reduce((sum, { bytes }) => sum + bytes, 0) - before;
            // A turn may have been on the line before, and a millisecond is owed at most.
            expect(passed).toBeLessThanOrEqual(rate * (one.ms + 10 + 1));
          } else if (one.do === 'rate') {
            toxic.attributes = { rate: one.rate };
            for (const { stage } of all) stage?.update(toxic.attributes);
          } else if (one.do === 'release') lane?.release();
          else lane?.start();
        }
        for (const { stage } of all) stage?.end();
        for (const lane of all) lane.release();
        for (const { sent, came } of all) expect(Buffer.concat(came).equals(Buffer.concat(sent))).toBe(true);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('on sockets takes its time for all connections together, and gives each the same', async () => {
    await using bench = await startBench();
    const sink = await bench.tcp((socket) => void socket.resume());
    const port = await bench.proxy('a', sink.address);
    await bench.toxic('a', { name: 'line', type: 'shared_bandwidth', stream: 'upstream', attributes: { rate: 200 } });
    const peers = await Promise.all(Array.from({ length: 4 }, () => bench.dial(port)));
    // All of it fits into what is held, so that it does not matter how fast it is read from the sockets.
    const fromMs = realClock.now();
    for (const peer of peers) peer.socket.write(Buffer.alloc(40_000));
    const came = (): number[] => sink.sockets.map(({ bytesRead }) => bytesRead);
    const sum = (): number => came().reduce((total, bytes) => total + bytes, 0);
    await waitUntil(realClock, () => (sum() >= 80_000 ? true : undefined), {
      what: 'half of it',
      limitMs: 5_000,
      everyMs: 2,
    });
    // A turn is 2000 bytes; what has been handed on may still be in the sockets of the system. One after another they would differ by 40,000.
    expect(Math.max(...came()) - Math.min(...came())).toBeLessThanOrEqual(12_000);
    await waitUntil(realClock, () => (sum() === 160_000 ? true : undefined), {
      what: 'all',
      limitMs: 5_000,
      everyMs: 2,
    });
    const tookMs = realClock.now() - fromMs;
    expect(tookMs).toBeGreaterThanOrEqual(798);
    expect(tookMs).toBeLessThan(800 + 400);
    expect(await bench.receipt('a', 'line')).toMatchObject({ connectionsAltered: 4, bytesDelayed: 160_000 });
  });
});
