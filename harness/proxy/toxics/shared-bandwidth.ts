import { HoldingStage } from './holding-stage.ts';
import { SharedLine, type Traveller } from './shared-line.ts';
import type { Attributes, ToxicKind, ToxicOutlet, ToxicStage } from './toxic.ts';

type Name = 'rate';

/** Held at least for each connection, and 20 ms of the rate where that is more: a late timer then still finds enough to keep the line busy. */
const heldBytes = 65_536;
const busyMs = 20;

/**
 * Lets `rate` KB/s through in its direction for all connections of the proxy together (1 KB = 1,000 bytes). Those that have something to send
 * have equal shares of it, whatever they offer. Rate 0 lets nothing through and loses nothing.
 *
 * A type of its own, since an attribute of `bandwidth` would be ignored by Toxiproxy: a test that is run there would not be told.
 */
export const sharedBandwidth: ToxicKind<Name> = {
  type: 'shared_bandwidth',
  attributes: { rate: { from: 0, to: 10_000_000, unit: 'KB/s' } },
  together: (clock) => {
    const line = new SharedLine(clock);
    return (attributes, outlet) => new SharedBandwidthStage(line, attributes, outlet);
  },
  start: (attributes, outlet) => new SharedBandwidthStage(new SharedLine(outlet.clock), attributes, outlet),
};

class SharedBandwidthStage extends HoldingStage<{ readonly chunk: Buffer }> implements ToxicStage<Name>, Traveller {
  readonly #line: SharedLine;
  #bytesPerMs: number;

  constructor(line: SharedLine, attributes: Attributes<Name>, outlet: ToxicOutlet) {
    super(outlet);
    this.#line = line;
    this.#bytesPerMs = attributes.rate;
    line.setRate(attributes.rate);
  }

  get full(): boolean {
    return this.held.weight >= Math.max(heldBytes, this.#bytesPerMs * busyMs);
  }

  get nextBytes(): number {
    return this.held.first?.chunk.length ?? 0;
  }

  chunk(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.held.push({ chunk });
    this.#line.join(this);
    if (this.held.first) this.outlet.altered(chunk.length, 'delayed');
  }

  end(): void {
    this.ended = true;
    if (!this.held.first) this.outlet.end();
  }

  update(attributes: Attributes<Name>): void {
    this.#bytesPerMs = attributes.rate;
    this.#line.setRate(attributes.rate);
  }

  send(bytes: number): void {
    const { first } = this.held;
    if (!first) return;
    if (bytes === first.chunk.length) this.held.shift();
    else this.held.replaceFirst({ chunk: first.chunk.subarray(bytes) });
    this.outlet.forward(first.chunk.subarray(0, bytes));
    if (this.ended && !this.held.first) this.outlet.end();
  }

  override release(): void {
    this.#line.leave(this);
    super.release();
  }

  override discard(): void {
    this.#line.leave(this);
    super.discard();
  }
}
