import { longestMs } from '../../toxics/toxic.ts';
import { eventsAttribute } from '../events/after-events.ts';
import { ofEvents } from '../events/event-format.ts';
import { TimedEvents } from '../events/timed-events.ts';
import { numberOf, type HttpToxicKind } from '../http-toxic.ts';

/** After so many events nothing comes for `stall` ms, then what came meanwhile, at once; 0 is for as long as the toxic is there. */
export const streamStall: HttpToxicKind = {
  layer: 'http',
  type: 'stream_stall',
  attributes: {
    events: eventsAttribute,
    stall: { from: 0, to: longestMs, unit: 'ms' },
  },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: false,
    start: (outlet, head) => {
      const stallMs = numberOf(attributes, 'stall');
      let untilMs: number | undefined;
      return new TimedEvents(outlet, head, ({ index, nowMs }) => {
        if (index < numberOf(attributes, 'events')) return nowMs;
        untilMs ??= stallMs === 0 ? Infinity : nowMs + stallMs;
        return untilMs;
      });
    },
  }),
};
