import type { Replacement } from './replacement.ts';

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

/** What comes to now by other ways than the global `Date`: a date's own constructor, and formats that are given no date. */
export function waysToNow(date: DateConstructor): Replacement[] {
  const { prototype } = Intl.DateTimeFormat;
  const before: object = Object.defineProperties({}, Object.getOwnPropertyDescriptors(prototype));
  return [
    { of: Date.prototype, key: 'constructor', value: date },
    {
      of: prototype,
      key: 'format',
      get(this: Intl.DateTimeFormat) {
        const format = Reflect.get(before, 'format', this) as Intl.DateTimeFormat['format'];
        return (given: Date | number = date.now()) => format(given);
      },
    },
    {
      of: prototype,
      key: 'formatToParts',
      value(this: Intl.DateTimeFormat, given: Date | number = date.now()): unknown {
        return Reflect.apply(Reflect.get(before, 'formatToParts') as () => unknown, this, [given]);
      },
    },
  ];
}
