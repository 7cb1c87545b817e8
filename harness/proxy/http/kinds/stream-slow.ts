import { longestMs } from '../../toxics/toxic.ts';
import { ofEvents } from '../events/event-format.ts';
import { TimedEvents } from '../events/timed-events.ts';
import { numberOf, type HttpToxicKind } from '../http-toxic.ts';

/** Slow tokens: no event comes less than `delay` ms after the one before it. */
export const streamSlow: HttpToxicKind = {
  layer: 'http',
  type: 'stream_slow',
  attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: false,
    start: (outlet, head) => {
      const delayMs = numberOf(attributes, 'delay');
      return new TimedEvents(outlet, head, ({ lastMs }) => (lastMs === undefined ? 0 : lastMs + delayMs));
    },
  }),
};
