import { HoldingStage } from './holding-stage.ts';
import { drawAt, longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'latency' | 'jitter';

/** A link holds what is on its way; beyond this much the sender is slowed down (4 MiB in 100 ms are 40 MB/s). */
const onItsWayBytes = 4 * 1024 * 1024;

interface Held {
  readonly chunk: Buffer;
  readonly receivedMs: number;
  /** The jitter of this chunk, as a share of the range: [0, 1). */
  readonly draw: number;
}

/**
 * Delays every chunk by `latency` ± `jitter` ms, counted from when it was received, so that chunks on their way overlap. Order is kept. The jitter goes
 * by where a chunk begins in the stream, so that it does not shift with how the bytes before it came.
 * The end of the stream is not delayed itself, but waits behind what was sent before it.
 */
export const latency: ToxicKind<Name> = {
  type: 'latency',
  attributes: {
    latency: { from: 0, to: longestMs, unit: 'ms' },
    jitter: { from: 0, to: longestMs, unit: 'ms' },
  },
  start: (attributes, outlet) => new LatencyStage(attributes, outlet),
};

class LatencyStage extends HoldingStage<Held> implements ToxicStage<Name> {
  #attributes: Attributes<Name>;
  /** Bytes that have come. */
  #offset = 0;

  constructor(attributes: Attributes<Name>, outlet: ToxicOutlet) {
    super(outlet);
    this.#attributes = attributes;
  }

  get full(): boolean {
    return this.held.weight >= onItsWayBytes;
  }

  chunk(chunk: Buffer): void {
    const hasJitter = this.#attributes.jitter > 0;
    const draw = hasJitter ? drawAt(this.outlet.random, this.#offset) : 0;
    const held = { chunk, receivedMs: this.outlet.clock.now(), draw };
    if (hasJitter)
      this.outlet.decided?.({ what: 'jitter', place: this.#offset, drawn: draw, outcome: this.#delayMs(held) });
    this.#offset += chunk.length;
    const delayed = this.held.first !== undefined || this.#delayMs(held) > 0;
    if (!delayed) {
      this.outlet.forward(chunk);
      return;
    }
    this.outlet.altered(chunk.length, 'delayed');
    this.held.push(held);
    if (!this.alarm.isSet) this.#wait();
  }

  end(): void {
    this.ended = true;
    if (!this.held.first) this.outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#attributes = attributes;
    this.#wait();
  }

  /** Uniform over the whole milliseconds of [latency − jitter, latency + jitter), never below zero. */
  #delayMs(held: Held): number {
    const { latency: latencyMs, jitter: jitterMs } = this.#attributes;
    return Math.max(0, latencyMs - jitterMs + Math.floor(held.draw * 2 * jitterMs));
  }

  #wait(): void {
    const { first } = this.held;
    if (first) this.alarm.set(first.receivedMs + this.#delayMs(first), () => this.#handOn());
  }

  #handOn(): void {
    const nowMs = this.outlet.clock.now();
    for (let first = this.held.first; first; first = this.held.first) {
      if (first.receivedMs + this.#delayMs(first) > nowMs) break;
      this.held.shift();
      this.outlet.forward(first.chunk);
    }
    this.#wait();
    if (this.ended && !this.held.first) this.outlet.end();
  }
}
