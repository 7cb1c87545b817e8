import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { ActiveToxic } from '../../harness/proxy/active-toxic.ts';
import { Pipe } from '../../harness/proxy/pipe.ts';
import { bandwidth } from '../../harness/proxy/toxics/bandwidth.ts';
import { latency } from '../../harness/proxy/toxics/latency.ts';
import { noop } from '../../harness/proxy/toxics/noop.ts';
import { sharedBandwidth } from '../../harness/proxy/toxics/shared-bandwidth.ts';
import { slicer } from '../../harness/proxy/toxics/slicer.ts';
import { slowAccept } from '../../harness/proxy/toxics/slow-accept.ts';
import { slowClose } from '../../harness/proxy/toxics/slow-close.ts';
import type { Attributes, ToxicKind } from '../../harness/proxy/toxics/toxic.ts';

/** Toxics that may be late, but let everything through; with attributes that they may have. */
const harmless: readonly { kind: ToxicKind; attributes: fc.Arbitrary<Attributes> }[] = [
  { kind: latency, attributes: fc.record({ latency: fc.nat(200), jitter: fc.nat(100) }) },
  { kind: bandwidth, attributes: fc.record({ rate: fc.nat(50) }) },
  { kind: sharedBandwidth, attributes: fc.record({ rate: fc.nat(50) }) },
  { kind: slowClose, attributes: fc.record({ delay: fc.nat(200) }) },
  { kind: slowAccept, attributes: fc.record({ delay: fc.nat(200) }) },
  {
    kind: slicer,
    attributes: fc.record({ average_size: fc.integer({ min: 50, max: 100 }), size_variation: fc.nat(49), delay: fc.nat(5000) }), // prettier-ignore
  },
  { kind: noop, attributes: fc.constant({}) },
];
const toxic = fc
  .constantFrom(...harmless)
  .chain(({ kind, attributes }) =>
    fc.record({ kind: fc.constant(kind), attributes, changed: attributes, toxicity: fc.constantFrom(0, 0.5, 1) }),
  );
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), bytes: fc.integer({ min: 1, max: 3000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(150) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), toxic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('update' as const, 'remove' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'drain' as const) }) },
);

/** Of every length alike: by itself fast-check makes short ones, in which hardly a toxic meets a byte. */
const acting = fc.array(act, { maxLength: 30, size: 'max' });

/** A receiver that sometimes takes no more; it is never given anything once it has been told of the end. */
class Receiver extends EventEmitter {
  readonly chunks: Buffer[] = [];
  isBlocked = false;
  writableEnded = false;
  readonly writableNeedDrain = false;
  readonly destroyed = false;
  write(chunk: Buffer): boolean {
    if (this.writableEnded) throw new Error('A chunk came after the end.');
    this.chunks.push(Buffer.from(chunk));
    return !this.isBlocked;
  }
  end(): void {
    if (this.writableEnded) throw new Error('The end came twice.');
    this.writableEnded = true;
  }
  drain(): void {
    this.isBlocked = false;
    this.emit('drain');
  }
}

/** A sender that stops while it is told to. */
class Sender extends EventEmitter {
  isPaused = false;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
    this.emit('resumed');
  }
}

describe('a pipe', () => {
  it('hands on every byte, once, in order, and the end behind them, whatever toxics come, change and go meanwhile', async () => {
    const altered = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(acting, fc.nat(), fc.boolean(), async (acts, seed, endsFirst) => {
        const clock = new VirtualClock();
        const random = seededRandom(seed);
        const [source, sink] = [new Sender(), new Receiver()];
        const never = (): void => {
          throw new Error('Nothing of this closes.');
        };
        const pipe = new Pipe({
          ...{ source, sink, clock, came: () => undefined },
          ...{ passed: () => undefined, close: never, closeBehind: never, reset: never },
        });
        const waiting: Buffer[] = [];
        const sent: Buffer[] = [];
        const push = (): void => {
          while (!source.isPaused && waiting.length > 0) source.emit('data', waiting.shift());
        };
        source.on('resumed', () => queueMicrotask(push));
        const toxics: { active: ActiveToxic; changed: Attributes }[] = [];
        let count = 0;
        for (const one of acts) {
          const chosen = 'which' in one ? toxics[one.which % Math.max(1, toxics.length)] : undefined;
          if (one.do === 'send') {
            const chunk = Buffer.from(Array.from({ length: one.bytes }, (_, index) => (count + index) % 256));
            count += one.bytes;
            sent.push(chunk);
            waiting.push(chunk);
            push();
          } else if (one.do === 'wait') await clock.advance(one.ms);
          else if (one.do === 'block') sink.isBlocked = true;
          else if (one.do === 'drain') sink.drain();
          else if (one.do === 'add') {
            const { kind, attributes, toxicity, changed } = one.toxic;
            const request = { kind, attributes, toxicity, stream: 'upstream', direction: 'upstream' } as const;
            const active = new ActiveToxic('a', { ...request, name: `${toxics.length}` }, clock);
            toxics.push({ active, changed });
            pipe.add(active.meet(1, random.fork(active.name)));
          } else if (chosen && one.do === 'update') {
            chosen.active.attributes = chosen.changed;
            chosen.active.toxicity = 1 - chosen.active.toxicity;
            pipe.update(chosen.active);
          } else if (chosen) pipe.remove(chosen.active);
        }
        const mayEnd = endsFirst && waiting.length === 0 && !source.isPaused;
        if (mayEnd) {
          source.emit('end');
          await clock.advance(50);
        }
        // Whatever still holds bytes back is taken away in the end, as a rate of 0 holds for ever.
        for (const { active } of toxics) pipe.remove(active);
        sink.drain();
        await clock.advance(1);
        push();
        if (!mayEnd) source.emit('end');
        await clock.advance(10_000);
        expect(Buffer.concat(sink.chunks).equals(Buffer.concat(sent))).toBe(true);
        expect([sink.writableEnded, waiting.length, clock.pending, source.isPaused]).toEqual([true, 0, 0, false]);
        for (const { active } of toxics)
          if (active.connectionsAltered > 0) altered.set(active.kind.type, (altered.get(active.kind.type) ?? 0) + 1);
      }),
      { numRuns: 1000 },
    );
    // Each has been at work often, but for the one that never is.
    const idle = harmless.map(({ kind }) => kind.type).filter((type) => (altered.get(type) ?? 0) < 10);
    expect(idle).toEqual(['noop']);
  });
});
