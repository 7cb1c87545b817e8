import { numberOf, type HttpToxicKind } from '../http-toxic.ts';

/**
 * Says another `content-length` than the body has: by `difference` more, so that the client waits for bytes that do not come before the
 * connection is closed, or fewer, so that some are left over. A response that says no length, as one in chunks, is left as it is.
 */
export const httpLength: HttpToxicKind = {
  layer: 'http',
  type: 'http_length',
  attributes: { difference: { from: -1_000_000_000, to: 1_000_000_000, unit: 'bytes', default: 1 } },
  faultFor: (attributes) => ({ kind: 'length', difference: numberOf(attributes, 'difference') }),
};
