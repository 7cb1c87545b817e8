import { ofEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { numberOf, type BodyOutlet, type HttpToxicKind, type ResponseFacts } from '../http-toxic.ts';

/** Sends the event with this number twice; the first is 1, and 0 stands for every event. */
export const streamDuplicate: HttpToxicKind = {
  layer: 'http',
  type: 'stream_duplicate',
  // Each may double what the one before it has made: eight make 256 of one.
  mostOnProxy: 8,
  attributes: { event: { from: 0, to: Number.MAX_SAFE_INTEGER, unit: 'events', default: 2 } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    start: (outlet, head) => new DuplicateEvents(outlet, head, numberOf(attributes, 'event')),
  }),
};

class DuplicateEvents extends EventStage {
  readonly #number: number;

  constructor(outlet: BodyOutlet, head: ResponseFacts, number: number) {
    super(outlet, head);
    this.#number = number;
  }

  protected override event(event: Buffer, index: number): void {
    this.outlet.forward(event);
    if (this.#number !== 0 && index + 1 !== this.#number) return;
    this.outlet.altered(event.length, 'added');
    this.outlet.forward(event);
  }
}
