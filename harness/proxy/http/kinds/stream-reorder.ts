import { ofEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { numberOf, type BodyOutlet, type HttpToxicKind, type ResponseFacts } from '../http-toxic.ts';

/** The event with this number comes behind the one after it; the first is 1. */
export const streamReorder: HttpToxicKind = {
  layer: 'http',
  type: 'stream_reorder',
  attributes: { event: { from: 1, to: Number.MAX_SAFE_INTEGER, unit: 'events', default: 2 } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: false,
    start: (outlet, head) => new ReorderedEvents(outlet, head, numberOf(attributes, 'event')),
  }),
};

class ReorderedEvents extends EventStage {
  readonly #number: number;
  #held: Buffer | undefined;

  constructor(outlet: BodyOutlet, head: ResponseFacts, number: number) {
    super(outlet, head);
    this.#number = number;
  }

  override discard(): void {
    this.#held = undefined;
  }

  protected override event(event: Buffer, index: number): void {
    if (index + 1 === this.#number) {
      this.#held = event;
      return;
    }
    this.outlet.forward(event);
    if (this.#held) this.outlet.altered(this.#held.length, 'delayed');
    this.handOn();
  }

  protected override finished(): void {
    this.handOn();
    this.outlet.end();
  }

  protected override handOn(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.outlet.forward(held);
  }
}
