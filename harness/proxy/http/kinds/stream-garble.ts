import { awsBody, withAwsBody } from '../events/aws-frames.ts';
import { ofEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import { numberOf, type BodyOutlet, type HttpToxicKind, type ResponseFacts } from '../http-toxic.ts';

/**
 * The event with this number is complete on the wire, but half of its data is missing, so that it is no JSON any more; the first is 1. Where it has none,
 * as a comment, it is the next that has. A frame of AWS has its checksums in order.
 */
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
  #isDone = false;

  constructor(outlet: BodyOutlet, head: ResponseFacts, number: number) {
    super(outlet, head);
    this.#number = number;
  }

  protected override event(event: Buffer, index: number): void {
    const half = this.#isDone || index + 1 < this.#number ? undefined : this.#halfOf(event);
    if (half) {
      this.#isDone = true;
      this.outlet.altered(event.length, 'corrupted');
    }
    this.outlet.forward(half ?? event);
  }

  #halfOf(event: Buffer): Buffer | undefined {
    return this.format === 'aws event stream' ? halfOfFrame(event) : halfOfText(event);
  }
}

/** Lines of data that have a half; others that hold the word are comments, or data themselves. */
const dataLine = /(?<=^|[\r\n])data:[^\r\n]{2,}/g;

function halfOfText(event: Buffer): Buffer | undefined {
  const text = event.toString('utf8').trimEnd();
  const last = [...text.matchAll(dataLine)].at(-1);
  if (!last) return undefined;
  const [line] = last;
  const from = last.index + 'data:'.length;
  const to = last.index + line.length;
  return Buffer.from(`${text.slice(0, from + Math.ceil((to - from) / 2))}${text.slice(to)}\n\n`);
}

function halfOfFrame(event: Buffer): Buffer | undefined {
  const body = awsBody(event);
  return body && body.length > 1 ? withAwsBody(event, body.subarray(0, Math.ceil(body.length / 2))) : undefined;
}
