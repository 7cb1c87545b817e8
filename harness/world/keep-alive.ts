/** How long parts keep an idle connection: longer than any client of ours, so that no request meets one that is just being closed. */
export const partKeepAliveMs = 75_000;

/** How long a simulated target does: as every server of Node that is told nothing else. What a process does is its own business. */
export const targetKeepAliveMs = 5000;
