/** The platform's own, whatever stands in its place later. */
const RealHeaders = Headers;

type Init = ConstructorParameters<typeof Headers>[0];

/** Names and values that are taken as they are (https://fetch.spec.whatwg.org/#headers-class); all others the platform decides about. */
const plainName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const plainValue = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;

const cookies = 'set-cookie';

/**
 * `Headers` as a map of texts. The platform's looks at every name and value by the rules of WebIDL, with each call, which is much of what a
 * request costs where there is no wire. What is not plain text is checked, trimmed or refused by the platform. Whoever goes through them sees
 * them as they were when he began.
 */
export class LightHeaders {
  readonly #values = new Map<string, string>();
  /** Each by itself: they cannot be joined. */
  #cookies: string[] | undefined;
  #sorted: [string, string][] | undefined;

  constructor(...[init]: [Init?]) {
    if (init === undefined) return;
    if (typeof init === 'object' && #values in init) {
      for (const [name, value] of init.#values) this.#values.set(name, value);
      if (init.#cookies) this.#cookies = [...init.#cookies];
    } else if (isRecord(init)) {
      for (const name of Object.keys(init)) this.append(name, init[name] ?? String(init[name]));
    } else for (const [name, value] of new RealHeaders(init)) this.append(name, value);
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealHeaders;
  }

  append(name: string, value: string): void {
    const key = keyOf(name, 'append');
    const text = textOf(value, 'append');
    this.#sorted = undefined;
    if (key === cookies) {
      (this.#cookies ??= []).push(text);
      return;
    }
    const before = this.#values.get(key);
    this.#values.set(key, before === undefined ? text : `${before}${key === 'cookie' ? '; ' : ', '}${text}`);
  }

  set(name: string, value: string): void {
    const key = keyOf(name);
    const text = textOf(value);
    this.#sorted = undefined;
    if (key === cookies) this.#cookies = [text];
    else this.#values.set(key, text);
  }

  delete(name: string): void {
    const key = keyOf(name);
    this.#sorted = undefined;
    if (key === cookies) this.#cookies = undefined;
    else this.#values.delete(key);
  }

  get(name: string): string | null {
    const key = keyOf(name);
    return (key === cookies ? this.#cookies?.join(', ') : this.#values.get(key)) ?? null;
  }

  has(name: string): boolean {
    const key = keyOf(name);
    return key === cookies ? this.#cookies !== undefined : this.#values.has(key);
  }

  getSetCookie(): string[] {
    return [...(this.#cookies ?? [])];
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisValue?: unknown): void {
    for (const [name, value] of this.#entries()) callback.call(thisValue, value, name, this);
  }

  keys(): ArrayIterator<string> {
    return this.#entries()
      .map(([name]) => name)
      .values();
  }

  values(): ArrayIterator<string> {
    return this.#entries()
      .map(([, value]) => value)
      .values();
  }

  entries(): ArrayIterator<[string, string]> {
    return this.#entries()
      .map(([name, value]): [string, string] => [name, value])
      .values();
  }

  [Symbol.iterator](): ArrayIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  /** In the order of their names. */
  #entries(): readonly [string, string][] {
    this.#sorted ??= [
      ...this.#values,
      ...(this.#cookies ?? []).map((cookie): [string, string] => [cookies, cookie]),
    ].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return this.#sorted;
  }
}

Object.setPrototypeOf(LightHeaders.prototype, RealHeaders.prototype);

/** Light headers as what they stand in for. */
export function lightHeaders(init?: Init): Headers {
  const headers: object = new LightHeaders(init);
  return headers as Headers;
}

function isRecord(init: unknown): init is Record<string, string> {
  if (typeof init !== 'object' || init === null || Symbol.iterator in init) return false;
  const prototype: unknown = Object.getPrototypeOf(init);
  return prototype === Object.prototype || prototype === null;
}

/** `how` is the method that is asked for: the platform names it when it says what is wrong. */
function keyOf(name: string, how: 'append' | 'set' = 'set'): string {
  if (typeof name === 'string' && plainName.test(name)) return name.toLowerCase();
  const real = new RealHeaders();
  // Says what is wrong with it; what is no text is made one.
  real[how](name, '');
  return [...real.keys()].join('');
}

function textOf(value: string, how: 'append' | 'set' = 'set'): string {
  if (typeof value === 'string' && plainValue.test(value)) return value;
  const real = new RealHeaders();
  real[how]('x', value);
  return real.get('x') ?? '';
}
