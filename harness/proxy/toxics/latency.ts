import { HeldTogether } from './held-together.ts';
import { HoldingStage } from './holding-stage.ts';
import { drawAt, longestMs, type Attributes, type ToxicKind, type ToxicOutlet, type ToxicStage } from './toxic.ts';

type Name = 'latency' | 'jitter';

interface Held {
  readonly chunk: Buffer;
  readonly receivedMs: number;
  /** The jitter of this chunk, as a share of the range: [0, 1). */
  readonly draw: number;
}

/**
 * Delays every chunk by `latency` ± `jitter` ms, counted from when it was received, so that chunks on their way overlap. Order is kept. The jitter goes
 * by where a chunk begins in the stream, so that it does not shift with how the bytes before it came.
 * The end of the stream is not delayed itself, but waits behind what was sent before it. A link holds what is on its way: where that is more than
 * `HeldTogether` lets it be, the sender is slowed down (32 MiB in 1,000 ms are 34 MB/s).
 */
export const latency: ToxicKind<Name> = {
  type: 'latency',
  attributes: {
    latency: { from: 0, to: longestMs, unit: 'ms' },
    jitter: { from: 0, to: longestMs, unit: 'ms' },
  },
  together:
    (_clock, { held }) =>
    (attributes, outlet) =>
      new LatencyStage(held, attributes, outlet),
  start: (attributes, outlet) => new LatencyStage(new HeldTogether(), attributes, outlet),
};

class LatencyStage extends HoldingStage<Held> implements ToxicStage<Name> {
  readonly #together: HeldTogether;
  /** As much of what they hold together is from here. */
  #counted = 0;
  #attributes: Attributes<Name>;
  /** Bytes that have come. */
  #offset = 0;

  constructor(together: HeldTogether, attributes: Attributes<Name>, outlet: ToxicOutlet) {
    super(outlet);
    this.#together = together;
    this.#attributes = attributes;
  }

  get full(): boolean {
    return this.#together.isEnough(this.held.weight);
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
    this.#count();
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

  override release(): void {
    super.release();
    this.#count();
  }

  override discard(): void {
    super.discard();
    this.#count();
  }

  #count(): void {
    const { weight } = this.held;
    this.#together.add(weight - this.#counted);
    this.#counted = weight;
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
      this.#count();
      this.outlet.forward(first.chunk);
    }
    this.#wait();
    if (this.ended && !this.held.first) this.outlet.end();
  }
}
