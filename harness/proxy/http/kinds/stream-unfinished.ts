import { isLast, withoutReason } from '../events/ending.ts';
import { ofEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { textOf, type BodyOutlet, type HttpToxicKind, type ResponseFacts } from '../http-toxic.ts';

/**
 * A stream that does not say that it is whole, though the response ends well. Missing is the event that says so - `[DONE]`, `message_stop`,
 * `messageStop` and their like -, or the reason why the answer ends - `finish_reason`, `stop_reason`, `stopReason`, `completionReason` -, or both.
 */
export const streamUnfinished: HttpToxicKind = {
  layer: 'http',
  type: 'stream_unfinished',
  attributes: { missing: { choices: ['end', 'reason', 'both'], default: 'end' } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    start: (outlet, head) => new UnfinishedEvents(outlet, head, textOf(attributes, 'missing')),
  }),
};

class UnfinishedEvents extends EventStage {
  readonly #missing: string;

  constructor(outlet: BodyOutlet, head: ResponseFacts, missing: string) {
    super(outlet, head);
    this.#missing = missing;
  }

  protected override event(event: Buffer): void {
    if (this.#missing !== 'reason' && isLast(event, this.format)) {
      this.outlet.altered(event.length, 'dropped');
      return;
    }
    const changed = this.#missing === 'end' ? undefined : withoutReason(event, this.format);
    if (changed) this.outlet.altered(event.length, 'corrupted');
    this.outlet.forward(changed ?? event);
  }
}
