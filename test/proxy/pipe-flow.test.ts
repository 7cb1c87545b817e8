import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { ActiveToxic } from '../../harness/proxy/active-toxic.ts';
import { isAtBytes } from '../../harness/proxy/meeting.ts';
import { Pipe } from '../../harness/proxy/pipe.ts';
import { bandwidth } from '../../harness/proxy/toxics/bandwidth.ts';
import { corrupt } from '../../harness/proxy/toxics/corrupt.ts';
import { latency } from '../../harness/proxy/toxics/latency.ts';
import { packetLoss } from '../../harness/proxy/toxics/packet-loss.ts';
import { sharedBandwidth } from '../../harness/proxy/toxics/shared-bandwidth.ts';
import { slicer } from '../../harness/proxy/toxics/slicer.ts';
import type { Attributes, ToxicKind } from '../../harness/proxy/toxics/toxic.ts';

const slices = { size_variation: 0 };

// As much as a socket reads in one go, and less and more than the stages hold.
it.each<{ kind: ToxicKind; attributes: Attributes; chunkBytes: number }>(
  [10_000, 65_536, 200_000, 5_000_000].flatMap((chunkBytes) => [
    { kind: latency, attributes: { latency: 10, jitter: 5 }, chunkBytes },
    { kind: bandwidth, attributes: { rate: 1000 }, chunkBytes },
    { kind: sharedBandwidth, attributes: { rate: 1000 }, chunkBytes },
    { kind: slicer, attributes: { average_size: 5000, ...slices, delay: 10 }, chunkBytes },
    { kind: slicer, attributes: { average_size: 5000, ...slices, delay: 0 }, chunkBytes },
    { kind: slicer, attributes: { average_size: 65_536, ...slices, delay: 500 }, chunkBytes },
    { kind: slicer, attributes: { average_size: 20_000, size_variation: 10_000, delay: 3000 }, chunkBytes },
    { kind: corrupt, attributes: { rate: 0.1 }, chunkBytes },
    { kind: packetLoss, attributes: { loss_rate: 0, correlation: 0 }, chunkBytes },
  ]),
)(
  'never pauses a sender for ever: $kind.type $attributes, $chunkBytes bytes at a time',
  async ({ kind, attributes, chunkBytes }) => {
    const clock = new VirtualClock();
    const chunks = 6;
    let sent = 0;
    let isPaused = false;
    let received = 0;
    const source = Object.assign(new EventEmitter(), {
      pause: () => void (isPaused = true),
      resume: () => {
        isPaused = false;
        clock.setTimer(send, 0);
      },
    });
    const send = (): void => {
      if (isPaused || sent === chunks) return;
      sent += 1;
      source.emit('data', Buffer.alloc(chunkBytes));
      clock.setTimer(send, 0);
    };
    const sink = Object.assign(new EventEmitter(), {
      ...{ destroyed: false, writableEnded: false, writableNeedDrain: false, end: () => undefined },
      write: (chunk: Buffer) => {
        received += chunk.length;
        return true;
      },
    });
    const nothing = (): void => undefined;
    const pipe = new Pipe({
      ...{ source, sink, clock, came: nothing, passed: nothing, close: nothing, closeBehind: nothing, reset: nothing },
    });
    const place = { stream: 'upstream', direction: 'upstream', toxicity: 1, name: kind.type } as const;
    const toxic = new ActiveToxic('a', { ...place, kind, attributes }, clock);
    const meeting = toxic.meet(1, seededRandom(1));
    if (isAtBytes(meeting)) pipe.add(meeting);
    send();
    await clock.advance(60_000);
    expect([sent, received, isPaused]).toEqual([chunks, chunks * chunkBytes, false]);
  },
);
