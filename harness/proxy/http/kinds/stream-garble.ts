import { awsBody, withAwsBody } from '../events/aws-frames.ts';
import { ofEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { numberOf, type BodyOutlet, type HttpToxicKind, type ResponseFacts } from '../http-toxic.ts';

/** The event with this number is complete on the wire, but half of its data is missing, so that it is no JSON any more; the first is 1. A frame of AWS has its checksums in order. */
export const streamGarble: HttpToxicKind = {
  layer: 'http',
  type: 'stream_garble',
  attributes: { event: { from: 1, to: Number.MAX_SAFE_INTEGER, unit: 'events', default: 2 } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    start: (outlet, head) => new GarbledEvents(outlet, head, numberOf(attributes, 'event')),
  }),
};

class GarbledEvents extends EventStage {
  readonly #number: number;

  constructor(outlet: BodyOutlet, head: ResponseFacts, number: number) {
    super(outlet, head);
    this.#number = number;
  }

  protected override event(event: Buffer, index: number): void {
    if (index + 1 !== this.#number) {
      this.outlet.forward(event);
      return;
    }
    const half = this.format === 'aws event stream' ? halfOfFrame(event) : halfOfText(event);
    if (half) this.outlet.altered(event.length, 'corrupted');
    this.outlet.forward(half ?? event);
  }
}

function halfOfText(event: Buffer): Buffer {
  const text = event.toString('utf8').trimEnd();
  const data = text.lastIndexOf('data:') + 'data:'.length;
  return Buffer.from(`${text.slice(0, data + Math.ceil((text.length - data) / 2))}\n\n`);
}

function halfOfFrame(event: Buffer): Buffer | undefined {
  const body = awsBody(event);
  return body && withAwsBody(event, body.subarray(0, Math.ceil(body.length / 2)));
}
