import { longestMs } from '../../toxics/toxic.ts';
import { ofEvents } from '../events/event-format.ts';
import { TimedEvents } from '../events/timed-events.ts';
import { numberOf, type HttpToxicKind } from '../http-toxic.ts';

/** The first token comes late: the head at once, no event before `delay` ms after it. */
export const streamLate: HttpToxicKind = {
  layer: 'http',
  type: 'stream_late',
  attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: false,
    start: (outlet, head) => {
      const fromMs = outlet.clock.now() + numberOf(attributes, 'delay');
      return new TimedEvents(outlet, head, () => fromMs);
    },
  }),
};
