import { numberOf, type AttributeValues, type BodyOutlet, type ResponseFacts } from '../http-toxic.ts';
import { EventStage } from './event-stage.ts';

/** How many events of a stream still come before something happens to it. */
export const eventsAttribute = { from: 0, to: Number.MAX_SAFE_INTEGER, unit: 'events', default: 1 } as const;

/** What faults have in common that let so many events of a stream pass (`events`), and then do something. */
export abstract class AfterEvents extends EventStage {
  protected readonly attributes: AttributeValues;

  constructor(outlet: BodyOutlet, head: ResponseFacts, attributes: AttributeValues) {
    super(outlet, head);
    this.attributes = attributes;
  }

  protected override event(event: Buffer, index: number): void {
    if (index < numberOf(this.attributes, 'events')) this.outlet.forward(event);
    else this.afterwards(event);
  }

  /** One of the events that come after those. */
  protected abstract afterwards(event: Buffer): void;
}
