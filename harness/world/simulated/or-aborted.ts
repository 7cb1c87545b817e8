/** What `work` gives; or, when its signal aborts first, a rejection with the signal's reason. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const fail: (cause: unknown) => void = reject;
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, fail).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
