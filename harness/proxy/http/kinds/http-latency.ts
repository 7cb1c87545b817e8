import { longestMs } from '../../toxics/toxic.ts';
import { numberOf, type HttpToxicKind } from '../http-toxic.ts';

/** Delays the first byte of a response by `latency` ± `jitter` ms from when it came. What follows keeps its pace. */
export const httpLatency: HttpToxicKind = {
  layer: 'http',
  type: 'http_latency',
  attributes: {
    latency: { from: 0, to: longestMs, unit: 'ms' },
    jitter: { from: 0, to: longestMs, unit: 'ms' },
  },
  faultFor: (attributes, { random, decided }) => {
    const jitterMs = numberOf(attributes, 'jitter');
    const drawn = jitterMs === 0 ? 0.5 : random.next();
    const offMs = Math.floor(drawn * 2 * jitterMs) - jitterMs;
    if (jitterMs > 0) decided?.({ what: 'jitter', drawn, outcome: offMs });
    return { kind: 'delay', delayMs: Math.max(0, numberOf(attributes, 'latency') + offMs) };
  },
};
