import type { ToxicKind } from './toxic.ts';

/** Passes everything on unchanged, and counts the connections it saw. */
export const noop: ToxicKind<never> = {
  type: 'noop',
  attributes: {},
  start: (_attributes, outlet) => ({
    full: false,
    chunk: (chunk) => outlet.forward(chunk),
    end: () => outlet.end(),
    update: () => undefined,
    release: () => undefined,
    discard: () => undefined,
  }),
};
