import { afterAWhile } from './after-a-while.ts';

/** Closes the connection `delay` ms after the toxic came to it, whatever goes on; until then everything passes. */
export const closeAfter = afterAWhile('close_after', (outlet) => outlet.close());
