import { Alarm } from '../../toxics/alarm.ts';
import { longestMs } from '../../toxics/toxic.ts';
import { AfterEvents, eventsAttribute } from '../events/after-events.ts';
import { awsEvent } from '../events/aws-frames.ts';
import { ofEvents } from '../events/event-format.ts';
import { numberOf, textOf, type HttpToxicKind } from '../http-toxic.ts';

/** Every parser of server-sent events passes over a comment, every client of Anthropic over a ping; and every idle time-out begins anew. */
const heartbeats = {
  comment: Buffer.from(': heartbeat\n\n'),
  ping: Buffer.from('event: ping\ndata: {"type": "ping"}\n\n'),
};

/** The event stream of AWS has none of its own. An event of a type that they do not know is what its clients pass over (tried with JavaScript's). */
const awsHeartbeat = awsEvent('heartbeat', {});

/**
 * After so many events only heartbeats come, every `interval` ms, for as long as the toxic is there: the connection lives, the answer does not. `as` is
 * for server-sent events.
 */
export const streamHeartbeat: HttpToxicKind = {
  layer: 'http',
  type: 'stream_heartbeat',
  attributes: {
    events: eventsAttribute,
    interval: { from: 1, to: longestMs, unit: 'ms', default: 1000 },
    as: { choices: ['comment', 'ping'], default: 'comment' },
  },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    start: (outlet, head) => new Heartbeats(outlet, head, attributes),
  }),
};

class Heartbeats extends AfterEvents {
  readonly #alarm = new Alarm(this.outlet.clock);
  #isBeating = false;

  override discard(): void {
    this.#alarm.close();
  }

  protected override afterwards(event: Buffer): void {
    // They are gone for good: what is held for as long as a stream lives would have no bound.
    this.outlet.altered(event.length, 'dropped');
    this.#begin();
  }

  protected override finished(): void {
    if (!this.#isBeating) this.outlet.end();
  }

  protected override handOn(): void {
    this.#alarm.cancel();
    // What was dropped would be a hole in a stream that looks whole.
    if (this.#isBeating) this.outlet.cut('close');
  }

  #begin(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#beat();
  }

  #send(beat: Buffer): void {
    this.outlet.altered(beat.length, 'added');
    this.outlet.forward(beat);
  }

  #beat(): void {
    this.#alarm.set(this.outlet.clock.now() + numberOf(this.attributes, 'interval'), () => {
      if (!this.outlet.isBlocked) this.#send(this.#heartbeat());
      this.#beat();
    });
  }

  #heartbeat(): Buffer {
    if (this.format === 'aws event stream') return awsHeartbeat;
    return heartbeats[textOf(this.attributes, 'as') === 'ping' ? 'ping' : 'comment'];
  }
}
