/** Does it once, whoever asks; when it fails it may be asked for again. */
export function onceDone<T>(work: () => Promise<T>): () => Promise<T> {
  let doing: Promise<T> | undefined;
  return () =>
    (doing ??= work().catch((cause: unknown) => {
      doing = undefined;
      throw cause;
    }));
}
