/** A property that has another value while a simulation lasts. */
export interface Replacement {
  readonly of: object;
  readonly key: string | symbol;
  readonly value: unknown;
}

/** Puts values in place of others and returns what takes them back, whatever was there before: own, inherited or nothing. */
export function replaceAll(replacements: readonly Replacement[]): () => void {
  const before = replacements.map(({ of, key, value }) => {
    const descriptor = Object.getOwnPropertyDescriptor(of, key);
    Object.defineProperty(of, key, {
      value,
      configurable: true,
      enumerable: descriptor?.enumerable ?? false,
      writable: true,
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
