/** A property that has another value while a simulation lasts, or another way to get it. */
export type Replacement = {
  readonly of: object;
  readonly key: string | symbol;
} & ({ readonly value: unknown } | { readonly get: () => unknown });

/** Puts values in place of others and returns what takes them back, whatever was there before: own, inherited or nothing. */
export function replaceAll(replacements: readonly Replacement[]): () => void {
  const before = replacements.map((replacement) => {
    const { of, key } = replacement;
    const descriptor = Object.getOwnPropertyDescriptor(of, key);
    Object.defineProperty(of, key, {
      ...('get' in replacement ? { get: replacement.get } : { value: replacement.value, writable: true }),
      configurable: true,
      enumerable: descriptor?.enumerable ?? false,
    });
    return { of, key, descriptor };
  });
  return () => {
    for (const { of, key, descriptor } of before.toReversed()) {
      if (descriptor) Object.defineProperty(of, key, descriptor);
      else Reflect.deleteProperty(of, key);
    }
  };
}
