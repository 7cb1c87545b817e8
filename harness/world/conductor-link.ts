/**
 * What a process that the world has started hears from its conductor: it goes when the conductor is gone, however that went, and when it
 * is told to by SIGTERM. Terminals send SIGINT to the conductor only, since our processes are in groups of their own.
 */
export function obeyConductor(leave: () => void | Promise<void>): void {
  let leaving: Promise<void> | undefined;
  const go = (end: () => void): void => {
    leaving ??= (async () => leave())().finally(end);
    leaving.catch(() => undefined);
  };
  process.once('SIGTERM', () => go(() => process.exit(0)));
  process.on('disconnect', () => go(endForCertain));
  // The conductor may have gone while this process was still loading its modules.
  if (!process.connected) go(endForCertain);
}

/**
 * Ends this process when nobody is left to look after it. `process.exit` is not certain to: it joins the threads that compile code in the
 * background, and one that waits for a garbage collection of the main thread never comes back (seen in Node 24.21 while PGlite loads).
 */
function endForCertain(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Says something to the conductor. One that is gone hears nothing, which is fine: this process is about to end then. */
export function tellConductor(message: Readonly<Record<string, unknown>>): void {
  if (process.connected) process.send?.(message, () => undefined);
}

/** The first message of the conductor: what this process is to do. */
export function firstMessage(): Promise<unknown> {
  return new Promise((resolve) => process.once('message', resolve));
}
