import { afterAWhile } from './after-a-while.ts';

/**
 * Resets the connection (RST on both sides) `delay` ms after the toxic came to it, also one on which nothing happens: `reset_peer` waits for
 * the first chunk, as Toxiproxy's does. Until then everything passes. With a delay of 0 a new connection is reset right after it was accepted.
 */
export const resetAfter = afterAWhile('reset_after', (outlet) => outlet.reset());
