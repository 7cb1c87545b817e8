import { streamsEvents } from '../events/event-format.ts';
import { EventStage } from '../events/event-stage.ts';
import {
  numberOf,
  textOf,
  type AttributeValues,
  type BodyOutlet,
  type HttpToxicKind,
  type ResponseFacts,
} from '../http-toxic.ts';

/**
 * Breaks a stream off after so many events: between two of them, inside the next one, or inside a character of the first that has one of several
 * bytes. The response ends as if it were whole (`end`), or the connection is closed or reset.
 */
export const streamCut: HttpToxicKind = {
  layer: 'http',
  type: 'stream_cut',
  attributes: {
    events: { from: 0, to: Number.MAX_SAFE_INTEGER, unit: 'events', default: 1 },
    where: { choices: ['between', 'event', 'character'], default: 'between' },
    how: { choices: ['end', 'close', 'reset'], default: 'close' },
  },
  faultFor: (attributes) => ({
    kind: 'body',
    fits: streamsEvents,
    changesLength: true,
    endsEarly: textOf(attributes, 'how') === 'end',
    start: (outlet, head) => new CutEvents(outlet, head, attributes),
  }),
};

class CutEvents extends EventStage {
  readonly #attributes: AttributeValues;
  #isOver = false;

  constructor(outlet: BodyOutlet, head: ResponseFacts, attributes: AttributeValues) {
    super(outlet, head);
    this.#attributes = attributes;
  }

  protected override event(event: Buffer, index: number): void {
    if (this.#isOver) return;
    const place = index < numberOf(this.#attributes, 'events') ? undefined : this.#placeIn(event);
    if (place === undefined) {
      this.outlet.forward(event);
      return;
    }
    this.#isOver = true;
    this.outlet.forward(event.subarray(0, place));
    this.outlet.altered(event.length - place, 'dropped');
    const how = textOf(this.#attributes, 'how');
    if (how === 'end') this.outlet.end();
    else this.outlet.cut(how === 'reset' ? 'reset' : 'close');
  }

  protected override finished(): void {
    if (!this.#isOver) this.outlet.end();
  }

  /** How much of an event still passes; undefined: all of it. */
  #placeIn(event: Buffer): number | undefined {
    switch (textOf(this.#attributes, 'where')) {
      case 'character': {
        // The first byte of a character that has more than one (UTF-8, RFC 3629) is 0xc2 to 0xf4.
        const at = event.findIndex((byte, index) => byte >= 0xc2 && byte <= 0xf4 && isContinuation(event[index + 1]));
        return at === -1 ? undefined : at + 1;
      }
      case 'event':
        return Math.floor(event.length / 2);
      default:
        return 0;
    }
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf;
}
