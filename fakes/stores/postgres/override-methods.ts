/** The same object with other methods in place of some of its own, which stay reachable through `target`. */
export function overrideMethods<Target extends object>(target: Target, changed: Partial<Target>): Target {
  return new Proxy(target, {
    get: (original, name) => {
      if (name in changed) return Reflect.get(changed, name) as unknown;
      const value = Reflect.get(original, name, original) as unknown;
      return typeof value === 'function' ? (value.bind(original) as unknown) : value;
    },
  });
}
