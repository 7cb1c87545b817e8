import { ChunkQueue } from '../chunk-queue.ts';
import { Alarm } from '../toxics/alarm.ts';
import type { BodyOutlet, BodyStage } from './http-toxic.ts';

/** What is held of a body before its server is paused. */
const heldBytes = 65_536;

/** When a piece of a body may go on: `Infinity` for never. `lastMs` is when the piece before it went, or will go. */
export type Due = (piece: {
  readonly index: number;
  readonly nowMs: number;
  readonly lastMs: number | undefined;
}) => number;

/** Pieces of a body that go on later than they came, in their order. The end comes behind the last of them. */
export class TimedStage implements BodyStage {
  readonly #outlet: BodyOutlet;
  readonly #due: Due;
  readonly #alarm: Alarm;
  readonly #held = new ChunkQueue<{ readonly chunk: Buffer; readonly dueMs: number }>();
  #count = 0;
  #lastMs: number | undefined;
  /** When the end may go on, once it is there. */
  #endMs: number | undefined;
  /** Something is due that the outlet does not let go on yet. */
  #isHeldUp = false;

  /** @param due asked once for each piece, and for the end */
  constructor(outlet: BodyOutlet, due: Due) {
    this.#outlet = outlet;
    this.#due = due;
    this.#alarm = new Alarm(outlet.clock);
  }

  get full(): boolean {
    return this.#held.weight >= heldBytes;
  }

  chunk(bytes: Buffer): void {
    const dueMs = this.#nextDue();
    if (!this.#held.first && dueMs <= this.#outlet.clock.now()) {
      this.#outlet.forward(bytes);
      return;
    }
    this.#outlet.altered(bytes.length, 'delayed');
    this.#held.push({ chunk: bytes, dueMs });
    if (!this.#alarm.isSet) this.#wait();
  }

  end(): void {
    // It is not held back by what is due between pieces, but by what nothing passes any more.
    const dueMs = this.#due({ index: this.#count, nowMs: this.#outlet.clock.now(), lastMs: undefined });
    this.#endMs = dueMs === Infinity ? Infinity : -Infinity;
    if (this.#endMs === Infinity) this.#outlet.altered(0, 'delayed');
    this.#handOn();
  }

  goOn(): void {
    if (this.#isHeldUp) this.#handOn();
  }

  release(): void {
    this.#alarm.cancel();
    for (const { chunk } of this.#held.drain()) this.#outlet.forward(chunk);
    if (this.#endMs !== undefined) this.#outlet.end();
  }

  discard(): void {
    this.#alarm.close();
    this.#held.drain();
  }

  #nextDue(): number {
    const nowMs = this.#outlet.clock.now();
    const dueMs = Math.max(nowMs, this.#due({ index: this.#count, nowMs, lastMs: this.#lastMs }));
    this.#count += 1;
    this.#lastMs = dueMs;
    return dueMs;
  }

  #wait(): void {
    const { first } = this.#held;
    if (first && first.dueMs !== Infinity) this.#alarm.set(first.dueMs, () => this.#handOn());
  }

  #handOn(): void {
    const nowMs = this.#outlet.clock.now();
    this.#alarm.cancel();
    this.#isHeldUp = false;
    for (let { first } = this.#held; first && first.dueMs <= nowMs; { first } = this.#held) {
      if (!this.#outlet.mayGoOn()) {
        this.#isHeldUp = true;
        return;
      }
      this.#held.shift();
      this.#outlet.forward(first.chunk);
    }
    this.#wait();
    if (!this.#held.first && this.#endMs === -Infinity) this.#outlet.end();
  }
}
