import { describe, expect, it } from 'vitest';
import type { Clock } from '../../harness/kit/clock.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { seededRandom } from '../../harness/kit/random.ts';
import { BodyChain } from '../../harness/proxy/http/body-chain.ts';
import { ActiveToxic } from '../../harness/proxy/active-toxic.ts';
import { Meeting } from '../../harness/proxy/meeting.ts';
import type { AttributeValues, HttpToxicKind } from '../../harness/proxy/http/http-toxic.ts';
import { streamHeartbeat } from '../../harness/proxy/http/kinds/stream-heartbeat.ts';
import { streamReorder } from '../../harness/proxy/http/kinds/stream-reorder.ts';
import { Pacer } from '../../harness/proxy/pacer.ts';
import { corrupt } from '../../harness/proxy/toxics/corrupt.ts';
import { HeldTogether } from '../../harness/proxy/toxics/held-together.ts';
import { slicer } from '../../harness/proxy/toxics/slicer.ts';
import type { ToxicStage } from '../../harness/proxy/toxics/toxic.ts';
import { bytes, Outlet } from './toxic-outlet.ts';

// What takes long on one connection, or comes on very many, holds up all else no longer than a slice of the server's time.

/** Tells another time than the one that its timers go by. */
const clockOf = (now: () => number, timers: Clock): Clock => ({
  now,
  setTimer: (callback, delayMs) => timers.setTimer(callback, delayMs),
  sleep: (delayMs, signal) => timers.sleep(delayMs, signal),
});

const stageOf = {
  corrupt: (pacer: Pacer, outlet: Outlet): ToxicStage | undefined =>
    corrupt.together?.(outlet.clock, { held: new HeldTogether(), pacer })({ rate: 0 }, outlet),
  slicer: (pacer: Pacer, outlet: Outlet): ToxicStage | undefined =>
    slicer.together?.(outlet.clock, { held: new HeldTogether(), pacer })(
      { average_size: 2, size_variation: 0, delay: 0 },
      outlet,
    ),
};

const texts = ({ log }: Outlet): string[] => log.map(([, text]) => text);

describe.each(['corrupt', 'slicer'] as const)('%s', (type) => {
  it('takes turns with other connections', async () => {
    const outlets = [new Outlet(), new Outlet()];
    const { clock } = outlets[0] ?? new Outlet();
    // Each look at the time finds 12 ms gone.
    let looks = 0;
    const pacer = new Pacer(
      clockOf(() => 12 * looks++, clock),
      String,
    );
    const stages = outlets.flatMap((outlet) => stageOf[type](pacer, outlet) ?? []);
    for (const stage of stages) stage.chunk(bytes('ab'));
    for (const stage of stages) stage.end();
    expect(outlets.map(texts)).toEqual([['ab', 'END'], []]);
    await clock.advance(1);
    expect(outlets.map(texts)).toEqual([
      ['ab', 'END'],
      ['ab', 'END'],
    ]);
  });

  it('hands on all that has come before its turn in that', async () => {
    const outlet = new Outlet();
    const pacer = new Pacer(outlet.clock, String);
    pacer.spent(20);
    // Others are in line, so that it has to wait.
    pacer.each([1], () => undefined);
    const stage = stageOf[type](pacer, outlet);
    for (const text of ['ab', 'cd', 'ef']) stage?.chunk(bytes(text));
    stage?.end();
    expect(texts(outlet)).toEqual([]);
    await outlet.clock.advance(1);
    expect(texts(outlet)).toEqual(['ab', 'cd', 'ef', 'END']);
    expect(outlet.clock.pending).toBe(0);
  });

  it('hands on what waits for its turn when it is gone, in order and with the end behind it', () => {
    const outlet = new Outlet();
    const pacer = new Pacer(outlet.clock, String);
    pacer.spent(20);
    const stage = stageOf[type](pacer, outlet);
    for (const text of ['ab', 'cd']) stage?.chunk(bytes(text));
    stage?.end();
    expect(outlet.log).toEqual([]);
    stage?.release();
    expect(texts(outlet)).toEqual(['ab', 'cd', 'END']);
  });
});

/** A fault of streams, one that looks at events and changes none of the first unless said otherwise, and all that it hands on. */
function streamOf(
  { clock, pacer, held }: { clock: VirtualClock; pacer: Pacer; held: HeldTogether },
  came: string[],
  [kind, attributes]: readonly [HttpToxicKind, AttributeValues] = [streamReorder, { event: 100 }],
): BodyChain {
  const fault = kind.faultFor(attributes, { nowMs: 0, random: seededRandom(1) });
  const request = { name: 'a', kind, stream: 'downstream', direction: 'downstream', toxicity: 1, attributes: {} } as const; // prettier-ignore
  const meeting = new Meeting(new ActiveToxic('a', request, clock, { held, pacer }), 1, seededRandom(1));
  return new BodyChain(
    [{ meeting, fault, random: seededRandom(1) }],
    { status: 200, header: () => 'text/event-stream' },
    {
      ...{ clock, pacer, count: () => undefined },
      sink: {
        forward: (chunk) => void came.push(chunk.toString()),
        end: () => void came.push('END'),
        cut: () => undefined,
        moved: () => undefined,
        isBlocked: false,
      },
    },
  );
}

it('faults of streams begin no go while the time of others is not over, and hand on all of it in their turn', async () => {
  const clock = new VirtualClock();
  const pacer = new Pacer(clock, String);
  pacer.spent(20);
  const came: string[] = [];
  const chain = streamOf({ clock, pacer, held: new HeldTogether() }, came);
  chain.chunk(bytes('data: 1\n\ndata: 2\n\n'));
  chain.end();
  expect(came).toEqual([]);
  await clock.advance(3);
  expect(came.join('')).toBe('data: 1\n\ndata: 2\n\nEND');
  expect(clock.pending).toBe(0);
});

it('what is there of an event counts with what all hold until it goes on, is taken for none, or the stream ends', () => {
  const clock = new VirtualClock();
  let heldBytes = 0;
  let isEnough = false;
  const held = Object.assign(new HeldTogether(), {
    add: (more: number) => void (heldBytes += more),
    isEnough: () => isEnough,
  });
  const came: string[] = [];
  const chain = (): BodyChain => streamOf({ clock, pacer: new Pacer(clock, String), held }, came);
  const whole = chain();
  whole.chunk(bytes('data: 1\n\ndata: '));
  expect(heldBytes).toBe(6);
  whole.chunk(bytes('2\n\n'));
  expect(heldBytes).toBe(0);
  whole.chunk(bytes('data: 3'));
  expect(heldBytes).toBe(7);
  whole.end();
  expect([heldBytes, came.splice(0).join('')]).toEqual([0, 'data: 1\n\ndata: 2\n\ndata: 3END']);
  const gone = chain();
  gone.chunk(bytes('data: 4'));
  gone.discard();
  expect(heldBytes).toBe(0);
  // Its stream does not end with that of the server.
  const beating = streamOf(
    { clock, pacer: new Pacer(clock, String), held },
    [],
    [streamHeartbeat, { events: 0, interval: 1000, as: 'comment' }],
  );
  beating.chunk(bytes('data: 4'));
  expect(heldBytes).toBe(7);
  beating.end();
  expect(heldBytes).toBe(0);
  beating.discard();
  isEnough = true;
  chain().chunk(bytes('data: 5'));
  expect([heldBytes, came.join('')]).toEqual([0, 'data: 5']);
});
