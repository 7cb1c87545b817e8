import { AfterEvents, eventsAttribute } from '../events/after-events.ts';
import { awsChunk } from '../events/aws-chunks.ts';
import { awsBodyPlace } from '../events/aws-frames.ts';
import { isLast } from '../events/ending.ts';
import { ofEvents } from '../events/event-format.ts';
import { textOf, type HttpToxicKind } from '../http-toxic.ts';

/**
 * Breaks a stream off after so many events: between two of them, inside the next one, or inside a character of the first that has one of several
 * bytes. The response ends as if it were whole (`end`), or with the event that says so, too (`done`: a gateway that hides a failure), or the
 * connection is closed or reset. With `end` the head of every stream says that the connection is closed after it, since nobody knows how many
 * events will come: so it is closed, and the request counts as altered, also where there are no more of them.
 */
export const streamCut: HttpToxicKind = {
  layer: 'http',
  type: 'stream_cut',
  attributes: {
    events: eventsAttribute,
    where: { choices: ['between', 'event', 'character'], default: 'between' },
    how: { choices: ['end', 'done', 'close', 'reset'], default: 'close' },
  },
  problems: (attributes) =>
    textOf(attributes, 'how') === 'done' && textOf(attributes, 'where') !== 'between'
      ? ['"how" done goes with "where" between only: half an event has no end']
      : [],
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    endsEarly: textOf(attributes, 'how') === 'end',
    start: (outlet, head) => new CutEvents(outlet, head, attributes),
  }),
};

class CutEvents extends AfterEvents {
  #isOver = false;
  /** Events are missing, and the one that says that the stream is whole has not been shown. */
  #hasHole = false;

  protected override afterwards(event: Buffer): void {
    if (this.#isOver) {
      this.#behindCut(event);
      return;
    }
    const place = this.#placeIn(event);
    if (place === undefined) {
      this.outlet.forward(event);
      return;
    }
    this.#isOver = true;
    const how = textOf(this.attributes, 'how');
    if (how === 'done') {
      this.#behindCut(event);
      return;
    }
    this.outlet.forward(event.subarray(0, place));
    this.outlet.altered(event.length - place, 'dropped');
    if (how === 'end') this.outlet.end();
    else this.outlet.cut(how === 'reset' ? 'reset' : 'close');
  }

  /** What comes behind the cut: of that only the end is shown, if anything is. */
  #behindCut(event: Buffer): void {
    if (textOf(this.attributes, 'how') !== 'done') return;
    if (isLast(event, this.format)) {
      this.#hasHole = false;
      this.outlet.forward(event);
      return;
    }
    this.#hasHole = true;
    this.outlet.altered(event.length, 'dropped');
  }

  protected override handOn(): void {
    // The rest of it would make a stream that looks whole.
    if (this.#hasHole) this.outlet.cut('close');
  }

  protected override finished(): void {
    if (!this.#isOver || textOf(this.attributes, 'how') === 'done') this.outlet.end();
  }

  /** How much of an event still passes; undefined: all of it. */
  #placeIn(event: Buffer): number | undefined {
    switch (textOf(this.attributes, 'where')) {
      case 'character':
        return this.format === 'aws event stream'
          ? characterInFrame(event)
          : characterIn(event, { from: 0, to: event.length });
      case 'event':
        return this.format === 'aws event stream'
          ? Math.floor(event.length / 2)
          : betweenCharacters(event, Math.floor(event.length / 2));
      default:
        return 0;
    }
  }
}

/** Lengths and checksums of a frame are no text, whatever their bytes look like, and what a chunk carries is base64. */
function characterInFrame(frame: Buffer): number | undefined {
  const chunk = awsChunk(frame);
  if (!chunk) return characterIn(frame, awsBodyPlace(frame));
  const place = characterIn(chunk.text, { from: 0, to: chunk.text.length });
  return place === undefined ? undefined : chunk.placeOf(place);
}

/** The first byte of the character (UTF-8, RFC 3629) that a place is in: to be cut inside of it is another fault. */
function betweenCharacters(bytes: Buffer, place: number): number {
  let start = place;
  for (let back = 0; back < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80; back++) start--;
  return start;
}

/** Behind the first byte of the first character that has more than one (UTF-8, RFC 3629): that is 0xc2 to 0xf4. */
function characterIn(bytes: Buffer, { from, to }: { readonly from: number; readonly to: number }): number | undefined {
  const at = bytes.findIndex(
    (byte, index) => index >= from && index < to && byte >= 0xc2 && byte <= 0xf4 && isContinuation(bytes[index + 1]),
  );
  return at === -1 ? undefined : at + 1;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf;
}
