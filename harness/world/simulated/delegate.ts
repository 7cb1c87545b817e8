/** Gives a prototype methods and values that another object, made when it is needed, has. */
export function delegate<Own extends object>(
  prototype: Own,
  members: { readonly methods: readonly string[]; readonly values?: readonly string[] },
  whole: (own: Own) => object,
): void {
  for (const name of members.methods) {
    Object.defineProperty(prototype, name, {
      ...{ configurable: true, writable: true },
      value(this: Own, ...given: readonly unknown[]): unknown {
        const target = whole(this);
        return Reflect.apply(Reflect.get(target, name) as (...given: readonly unknown[]) => unknown, target, given);
      },
    });
  }
  for (const name of members.values ?? []) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Own): unknown {
        return Reflect.get(whole(this), name) as unknown;
      },
    });
  }
}
