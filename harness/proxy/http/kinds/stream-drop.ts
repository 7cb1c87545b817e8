import { ofEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { numberOf, type BodyOutlet, type HttpToxicKind, type ResponseFacts } from '../http-toxic.ts';

/** The event with this number never comes, and nothing says so; the first is 1, which has the role in OpenAI's streams. */
export const streamDrop: HttpToxicKind = {
  layer: 'http',
  type: 'stream_drop',
  attributes: { event: { from: 1, to: Number.MAX_SAFE_INTEGER, unit: 'events', default: 2 } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    start: (outlet, head) => new EventsButOne(outlet, head, numberOf(attributes, 'event')),
  }),
};

class EventsButOne extends EventStage {
  readonly #number: number;

  constructor(outlet: BodyOutlet, head: ResponseFacts, number: number) {
    super(outlet, head);
    this.#number = number;
  }

  protected override event(event: Buffer, index: number): void {
    if (index + 1 === this.#number) this.outlet.altered(event.length, 'dropped');
    else this.outlet.forward(event);
  }
}
