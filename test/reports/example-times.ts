/** Lengths and windows of the made-up run, in milliseconds. */
export const durationMs = 120_000;
/** Versions that the failing run has not stored at its end. */
export const backlogLeft = 120;
export const cut = { startMs: 30_000, endMs: 50_000 };
export const outage = { startMs: 50_000, endMs: 70_000 };
