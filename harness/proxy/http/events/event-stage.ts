import { ChunkQueue } from '../../chunk-queue.ts';
import type { BodyOutlet, BodyStage, ResponseFacts } from '../http-toxic.ts';
import { eventFormatOf, type EventFormat } from './event-format.ts';
import { EventSplitter } from './event-splitter.ts';

/** So much of what has come is looked through in one step: what is held of it in single events must not be many times as large. */
const stepBytes = 16_384;

/**
 * What faults have in common that are done to the events of a stream, one after the other. A read may have many thousands, and each of several faults
 * may double them: so they go on as the outlet lets them, and the rest is held.
 */
export abstract class EventStage implements BodyStage {
  protected readonly outlet: BodyOutlet;
  protected readonly format: EventFormat;
  readonly #splitter: EventSplitter;
  readonly #unseen = new ChunkQueue<{ readonly chunk: Buffer }>();
  /** Found in what has been looked through, the last one first. */
  #events: Buffer[] = [];
  /** No event, behind them. */
  #raw: Buffer | undefined;
  #count = 0;
  #isBusy = false;
  /** The server has finished, behind what is held. */
  #isEnding = false;

  constructor(outlet: BodyOutlet, head: ResponseFacts) {
    this.outlet = outlet;
    this.format = eventFormatOf(head) ?? 'server-sent events';
    this.#splitter = new EventSplitter(this.format);
  }

  get full(): boolean {
    return this.#holds;
  }

  chunk(bytes: Buffer): void {
    this.#unseen.push({ chunk: bytes });
    this.goOn();
  }

  end(): void {
    this.#isEnding = true;
    this.goOn();
  }

  goOn(): void {
    // What it hands on may be what another waits for, that has this one told to go on.
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#holds && this.outlet.mayGoOn()) this.#step();
    this.#isBusy = false;
    if (this.#isEnding && !this.#holds) this.#finish();
  }

  release(): void {
    this.handOn();
    for (const bytes of this.#held()) this.outlet.forward(bytes);
    if (this.#isEnding) this.outlet.end();
  }

  discard(): void {
    // Nothing is held that has a timer; who has one overrides it.
  }

  /** One event, the first with index 0. What is left at the end without being complete counts as one, too. */
  protected abstract event(event: Buffer, index: number): void;

  /** What has been found to be no event: it passes behind those before it. */
  protected passed(bytes: Buffer): void {
    this.outlet.forward(bytes);
  }

  /** The server has finished the stream. */
  protected finished(): void {
    this.outlet.end();
  }

  /** Hands on what is held of whole events. */
  protected handOn(): void {
    // Most hold none.
  }

  get #holds(): boolean {
    return this.#events.length > 0 || this.#raw !== undefined || this.#unseen.first !== undefined;
  }

  #held(): readonly Buffer[] {
    const raw = this.#raw ? [this.#raw] : [];
    const { bytes } = this.#splitter.rest();
    return [...this.#events.toReversed(), ...raw, bytes, ...this.#unseen.drain().map(({ chunk }) => chunk)];
  }

  /** The next event, or what is none behind the last; where there are no more, it looks for some. */
  #step(): void {
    const event = this.#events.pop();
    if (event) {
      this.event(event, this.#count++);
      return;
    }
    const raw = this.#raw;
    this.#raw = undefined;
    if (raw) {
      this.outlet.holds(this.#splitter.keptBytes);
      this.passed(raw);
    } else this.#look();
  }

  #look(): void {
    const { first } = this.#unseen;
    if (!first) return;
    const { chunk } = first;
    if (chunk.length <= stepBytes) this.#unseen.shift();
    else this.#unseen.replaceFirst({ chunk: chunk.subarray(stepBytes) });
    const { events, raw } = this.#splitter.split(chunk.subarray(0, stepBytes));
    this.#events = events.toReversed();
    this.#raw = this.outlet.holds(this.#splitter.keptBytes) ? this.#splitter.giveUp() : raw;
  }

  #finish(): void {
    this.#isEnding = false;
    const { bytes, isEvent } = this.#splitter.rest();
    this.outlet.holds(0);
    if (isEvent) this.event(bytes, this.#count++);
    else if (bytes.length > 0) this.passed(bytes);
    this.finished();
  }
}
