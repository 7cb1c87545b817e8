import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { ActiveToxic } from '../../harness/proxy/active-toxic.ts';
import { isAtBytes } from '../../harness/proxy/meeting.ts';
import { Pipe } from '../../harness/proxy/pipe.ts';
import { bandwidth } from '../../harness/proxy/toxics/bandwidth.ts';
import { latency } from '../../harness/proxy/toxics/latency.ts';
import { limitData } from '../../harness/proxy/toxics/limit-data.ts';
import { noop } from '../../harness/proxy/toxics/noop.ts';
import { timeout } from '../../harness/proxy/toxics/timeout.ts';
import type { Attributes, ToxicKind } from '../../harness/proxy/toxics/toxic.ts';

/** A pipe with what came out of it in words, on a clock that stands still. */
function startPipe(): {
  clock: VirtualClock;
  log: string[];
  send: (text: string) => void;
  add: (kind: ToxicKind, attributes: Attributes) => ActiveToxic;
  pipe: Pipe;
  loseSink: () => void;
  /** What the sink has not handed on yet; default it does not say. */
  sinkHolds: (bytes: number | undefined) => void;
  takenBack: Buffer[];
  /** Whether the source was told to pause or to go on. */
  rests: string[];
} {
  const clock = new VirtualClock();
  const log: string[] = [];
  const takenBack: Buffer[] = [];
  const rests: string[] = [];
  const source = Object.assign(new EventEmitter(), {
    pause: () => void rests.push('pause'),
    resume: () => void rests.push('resume'),
    takeBack: (chunk: Buffer) => void takenBack.push(chunk),
  });
  const sink = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableEnded: false,
    writableNeedDrain: false,
    writableLength: undefined as number | undefined,
    write: (chunk: Buffer) => log.push(chunk.toString()) > 0,
    end: () => {
      sink.writableEnded = true;
      log.push('END');
    },
  });
  const pipe = new Pipe({
    ...{ source, sink, clock, came: () => undefined, passed: () => undefined },
    ...{ close: () => log.push('CLOSE'), closeBehind: () => log.push('CLOSE BEHIND'), reset: () => log.push('RESET') },
  });
  const add = (kind: ToxicKind, attributes: Attributes): ActiveToxic => {
    const place = { stream: 'upstream', direction: 'upstream', toxicity: 1, name: kind.type } as const;
    const toxic = new ActiveToxic('a', { ...place, kind, attributes }, clock);
    const meeting = toxic.meet(1, seededRandom(1));
    if (isAtBytes(meeting)) pipe.add(meeting);
    return toxic;
  };
  const loseSink = (): void => {
    sink.destroyed = true;
  };
  const sinkHolds = (bytes: number | undefined): void => {
    sink.writableLength = bytes;
  };
  const send = (text: string): void => void source.emit('data', Buffer.from(text));
  return { clock, log, send, add, pipe, loseSink, sinkHolds, takenBack, rests };
}

const ended = ['1234', 'END', 'CLOSE BEHIND'];

it('a limit that is taken away while what it let through is still held leaves no gap: the connection ends all the same', async () => {
  const { clock, log, send, add, pipe } = startPipe();
  const limit = add(limitData, { bytes: 4 });
  add(latency, { latency: 100, jitter: 0 });
  send('123456');
  pipe.remove(limit);
  send('789');
  await clock.advance(300);
  expect([log, clock.pending]).toEqual([ended, 0]);
});

it('what is held before a limit does not go on behind it either', async () => {
  const { clock, log, send, add, pipe } = startPipe();
  const slow = add(latency, { latency: 100, jitter: 0 });
  const limit = add(limitData, { bytes: 4 });
  const last = add(latency, { latency: 100, jitter: 0 });
  send('123456');
  await clock.advance(50);
  send('789');
  await clock.advance(60);
  pipe.remove(limit);
  pipe.remove(slow);
  await clock.advance(300);
  pipe.remove(last);
  expect([log, clock.pending]).toEqual([ended, 0]);
});

it('loses nothing of a sender that goes on at once when a toxic lets go', () => {
  const clock = new VirtualClock();
  const received: number[] = [];
  const source = Object.assign(new EventEmitter(), {
    pause: () => undefined,
    resume: () => void source.emit('data', Buffer.alloc(7)),
  });
  const sink = Object.assign(new EventEmitter(), {
    ...{ destroyed: false, writableEnded: false, writableNeedDrain: false, end: () => undefined },
    write: (chunk: Buffer) => received.push(chunk.length) > 0,
  });
  const nothing = (): void => undefined;
  const pipe = new Pipe({
    ...{ source, sink, clock, came: nothing, passed: nothing, close: nothing, closeBehind: nothing, reset: nothing },
  });
  const place = { stream: 'upstream', direction: 'upstream', toxicity: 1, name: 'narrow' } as const;
  const toxic = new ActiveToxic('a', { ...place, kind: bandwidth, attributes: { rate: 0 } }, clock);
  const meeting = toxic.meet(1, seededRandom(1));
  if (isAtBytes(meeting)) pipe.add(meeting);
  source.emit('data', Buffer.alloc(10_000_000));
  pipe.remove(toxic);
  expect(received).toEqual([10_000_000, 7]);
});

it.each<{ where: string; kind?: ToxicKind; attributes?: Attributes; holds: number | undefined; isFree: boolean }>([
  { where: 'without a toxic that the sink has handed on', holds: 0, isFree: true },
  { where: 'without a toxic that the sink holds in part', holds: 1, isFree: false },
  { where: 'without a toxic, to a sink that does not say what it holds', holds: undefined, isFree: false },
  {
    where: 'that a latency of 0 lets through',
    kind: latency,
    attributes: { latency: 0, jitter: 0 },
    holds: 0,
    isFree: true,
  },
  { where: 'that a latency holds', kind: latency, attributes: { latency: 9, jitter: 0 }, holds: 0, isFree: false },
  { where: 'of which a limit lets a part through', kind: limitData, attributes: { bytes: 2 }, holds: 0, isFree: false },
])('memory of bytes $where may be used again: $isFree', async ({ kind, attributes = {}, holds, isFree }) => {
  const { clock, send, add, sinkHolds, takenBack } = startPipe();
  if (kind) add(kind, attributes);
  sinkHolds(holds);
  send('1234');
  // Later it is too late: the source has read into other memory, and has given this away.
  await clock.advance(100);
  expect(takenBack).toHaveLength(isFree ? 1 : 0);
});

it('that is to close behind its end does so where the end has come through already, and behind it where it is held', async () => {
  const through = startPipe();
  through.add(latency, { latency: 100, jitter: 0 });
  through.pipe.end();
  await through.clock.advance(100);
  through.pipe.finish();
  expect(through.log).toEqual(['END', 'CLOSE BEHIND']);
  const held = startPipe();
  held.add(latency, { latency: 100, jitter: 0 });
  held.send('held');
  held.pipe.end();
  held.pipe.finish();
  expect(held.log).toEqual([]);
  await held.clock.advance(100);
  expect(held.log).toEqual(['held', 'END', 'CLOSE BEHIND']);
});

it('lets a sender rest for 10 ms after 64 KiB that were dropped, and not where they pass', async () => {
  const { clock, send, add, pipe, rests } = startPipe();
  send('a'.repeat(100_000));
  expect(rests).toEqual([]);
  const hole = add(timeout, { timeout: 0 });
  send('a'.repeat(60_000));
  expect(rests).toEqual([]);
  send('a'.repeat(60_000));
  expect(rests).toEqual(['pause']);
  await clock.advance(9);
  expect(rests).toEqual(['pause']);
  await clock.advance(1);
  expect(rests).toEqual(['pause', 'resume']);
  send('a'.repeat(100_000));
  pipe.remove(hole);
  pipe.discard();
  expect(clock.pending).toBe(0);
});

it('lets a sender rest twice as long each time, up to 320 ms, and for 10 ms again once something has arrived', async () => {
  const { clock, send, add, pipe, rests } = startPipe();
  const restedMs = async (): Promise<number> => {
    const fromMs = clock.now();
    send('a'.repeat(65_536));
    while (rests.at(-1) === 'pause') await clock.advance(1);
    return clock.now() - fromMs;
  };
  const hole = add(timeout, { timeout: 0 });
  const times: number[] = [];
  for (let count = 0; count < 7; count++) times.push(await restedMs());
  expect(times).toEqual([10, 20, 40, 80, 160, 320, 320]);
  pipe.remove(hole);
  send('a');
  add(timeout, { timeout: 0 });
  expect(await restedMs()).toBe(10);
});

it('whose sender broke down hands on what it holds, and then resets in place of the end', async () => {
  const { clock, log, send, add, pipe } = startPipe();
  add(latency, { latency: 100, jitter: 0 });
  send('last words');
  pipe.breakDown(() => log.push('RESET'));
  pipe.end();
  expect(log).toEqual([]);
  await clock.advance(100);
  expect([log, clock.pending]).toEqual([['last words', 'RESET'], 0]);
});

it('whose sender finished and breaks down later resets at once, since the end has come through already', () => {
  const { log, add, pipe } = startPipe();
  add(noop, {});
  pipe.end();
  pipe.breakDown(() => log.push('RESET'));
  pipe.end();
  expect(log).toEqual(['END', 'RESET']);
});

it('whose receiver is gone takes what comes, also where it had paused its sender, so that it sees the end of that', async () => {
  const { clock, send, add, pipe, rests } = startPipe();
  add(bandwidth, { rate: 0 });
  send('a'.repeat(100_000));
  expect(rests).toEqual(['pause']);
  pipe.abandon();
  expect([rests, clock.pending]).toEqual([['pause', 'resume'], 0]);
  const resting = startPipe();
  resting.add(timeout, { timeout: 0 });
  resting.send('a'.repeat(100_000));
  resting.pipe.abandon();
  expect([resting.rests, resting.clock.pending]).toEqual([['pause', 'resume'], 0]);
});

it('lets a sender rest, too, whose receiver is gone, and sets no timer once the connection is', async () => {
  const { clock, send, pipe, rests, loseSink } = startPipe();
  loseSink();
  pipe.abandon();
  send('a'.repeat(100_000));
  expect(rests).toEqual(['pause']);
  await clock.advance(10);
  expect(rests).toEqual(['pause', 'resume']);
  pipe.discard();
  send('a'.repeat(100_000));
  expect([rests, clock.pending]).toEqual([['pause', 'resume'], 0]);
});

it('takes no rest of its sender for a silence', async () => {
  const { clock, log, send, add, rests } = startPipe();
  add(timeout, { timeout: 5 });
  for (let ms = 0; ms < 100; ms++) {
    if (rests.at(-1) !== 'pause') send('a'.repeat(16_384));
    await clock.advance(1);
  }
  expect([rests.length > 4, log]).toEqual([true, []]);
  await clock.advance(80);
  expect(log).toEqual(['CLOSE']);
});

it('lets a timeout that comes, or is changed, while its sender rests wait for the end of that', async () => {
  const { clock, log, send, add, pipe } = startPipe();
  const first = add(timeout, { timeout: 0 });
  send('a'.repeat(100_000));
  const second = add(timeout, { timeout: 5 });
  first.attributes = { timeout: 5 };
  for (const one of [first, second]) pipe.update(one);
  await clock.advance(14);
  expect(log).toEqual([]);
  await clock.advance(1);
  expect(log).toContain('CLOSE');
});
