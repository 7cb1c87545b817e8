import type { EngineFigures } from './engine-figures.ts';

/** How much of the model server's key-value cache questions may fill. The unit is one block. */
export interface CacheRoom {
  /** Blocks that a question needs until it is answered: its prompt and the longest answer. */
  blocksFor(promptTokens: number, outputTokens: number): number;
  fits(weight: number, inFlight: { readonly count: number; readonly weight: number }): boolean;
  see(figures: EngineFigures | null): void;
  /** How full it is, from 0 to 1: the larger one of the shares of blocks and of places. */
  occupancy(inFlight: { readonly count: number; readonly weight: number }): number;
}

/** What is kept when preemptions show that more was promised than there is. */
const leastCare = 0.5;
/** With so much of the cache in use, also by others, nothing more begins. */
const fullShare = 0.97;

/**
 * A model server that runs out of cache throws out what it has begun and does it again, so that everybody waits longer. Admitting only
 * what fits to its end avoids that.
 */
export function createCacheRoom(settings: { cacheShare: number; mostInFlight: number }): CacheRoom {
  let figures: EngineFigures | null = null;
  let care = 1;
  const budget = (): number | null =>
    figures?.blocks == null ? null : Math.floor(settings.cacheShare * care * figures.blocks);

  return {
    blocksFor: (promptTokens, outputTokens) => Math.ceil((promptTokens + outputTokens) / (figures?.blockTokens ?? 16)),
    fits: (weight, inFlight) => {
      if (inFlight.count >= settings.mostInFlight) return false;
      const blocks = budget();
      if (blocks === null) return true;
      // One at a time always fits: the server itself has to refuse what is larger than its cache.
      if (inFlight.count === 0) return true;
      if ((figures?.cacheUsage ?? 0) > fullShare) return false;
      return inFlight.weight + weight <= blocks;
    },
    see: (seen) => {
      const preempted = (seen?.preemptions ?? 0) > (figures?.preemptions ?? seen?.preemptions ?? 0);
      care = preempted ? Math.max(leastCare, care * 0.9) : Math.min(1, care + 0.01);
      figures = seen;
    },
    occupancy: (inFlight) =>
      Math.max(inFlight.count / settings.mostInFlight, inFlight.weight / Math.max(1, budget() ?? Infinity)),
  };
}
