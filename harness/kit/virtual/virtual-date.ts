/** `Date`, with another idea of now. Dates made by either are instances of both, since they share one prototype. */
export function virtualDate(now: () => number): DateConstructor {
  const wholeNow = (): number => Math.floor(now());
  return new Proxy(Date, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [wholeNow()] : given, newTarget) as object,
    apply: () => new Date(wholeNow()).toString(),
    get: (target, key, receiver) => (key === 'now' ? wholeNow : (Reflect.get(target, key, receiver) as unknown)),
  });
}
