import type { BodyOutlet, BodyStage, ResponseFacts } from '../http-toxic.ts';
import { eventFormatOf, type EventFormat } from './event-format.ts';
import { EventSplitter } from './event-splitter.ts';

/** What faults have in common that are done to the events of a stream, one after the other. */
export abstract class EventStage implements BodyStage {
  protected readonly outlet: BodyOutlet;
  protected readonly format: EventFormat;
  readonly #splitter: EventSplitter;
  #count = 0;

  constructor(outlet: BodyOutlet, head: ResponseFacts) {
    this.outlet = outlet;
    this.format = eventFormatOf(head) ?? 'server-sent events';
    this.#splitter = new EventSplitter(this.format);
  }

  get full(): boolean {
    return false;
  }

  chunk(bytes: Buffer): void {
    const { events, raw } = this.#splitter.split(bytes);
    for (const event of events) this.event(event, this.#count++);
    if (raw) this.passed(raw);
  }

  end(): void {
    const { bytes, isEvent } = this.#splitter.rest();
    if (isEvent) this.event(bytes, this.#count++);
    else if (bytes.length > 0) this.passed(bytes);
    this.finished();
  }

  release(): void {
    this.handOn();
    const { bytes } = this.#splitter.rest();
    if (bytes.length > 0) this.outlet.forward(bytes);
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
}
