import { longestMs } from '../../toxics/toxic.ts';
import { numberOf, type HttpToxicKind } from '../http-toxic.ts';
import { TimedStage } from '../timed-stage.ts';

/** Lets the pieces of a body, as they come from the server, pass one at a time, `delay` ms after each other; the first comes so much later, too. */
export const httpSlowBody: HttpToxicKind = {
  layer: 'http',
  type: 'http_slow_body',
  attributes: { delay: { from: 0, to: longestMs, unit: 'ms' } },
  faultFor: (attributes) => {
    const delayMs = numberOf(attributes, 'delay');
    return {
      kind: 'body',
      changesLength: false,
      start: (outlet) => new TimedStage(outlet, ({ nowMs, lastMs }) => (lastMs ?? nowMs) + delayMs),
    };
  },
};
