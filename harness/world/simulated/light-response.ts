import { STATUS_CODES } from 'node:http';
import { delegate } from './delegate.ts';
import { lightHeaders } from './light-headers.ts';
import { rejected } from './network-errors.ts';

/** The platform's own, whatever stands in its place later. */
const RealResponse = Response;

/** Statuses that never have a body (https://fetch.spec.whatwg.org/#null-body-status). */
const withoutBody = new Set([101, 103, 204, 205, 304]);

type Stream = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * A `Response` whose body of text stays text. The platform's turns it into a stream of bytes when it is made, and back when it is read,
 * which is most of what a call costs where there is no wire in between. What this one does not do itself is done by one of the platform,
 * made when it is needed.
 */
export class LightResponse {
  readonly #body: string | Stream | null;
  readonly #init: ResponseInit;
  readonly #contentType: string | undefined;
  #headers: Headers | undefined;
  #real: Response | undefined;
  #isUsed = false;
  /** Where it came from, once it has. */
  #url: URL | undefined;
  #redirected = false;

  constructor(
    body?: ConstructorParameters<typeof Response>[0],
    init: ResponseInit = {},
    contentType = 'text/plain;charset=UTF-8',
  ) {
    const { status = 200 } = init;
    const isText = typeof body === 'string';
    const isLight = isText || body instanceof ReadableStream || body === null || body === undefined;
    this.#init = init;
    this.#body = isLight ? ((body as string | Stream | undefined) ?? null) : null;
    this.#contentType = isText ? contentType : undefined;
    const isUsual = Number.isInteger(status) && status >= 200 && status < 600 && !withoutBody.has(status);
    // The platform says what it refuses.
    if (!isLight || !isUsual) this.#real = new RealResponse(body, init);
  }

  static json(data: unknown, init: ResponseInit = {}): Response {
    const text = JSON.stringify(data) as string | undefined;
    if (text === undefined) return RealResponse.json(data, init);
    return asResponse(new LightResponse(text, init, 'application/json'));
  }

  static error(): Response {
    return RealResponse.error();
  }

  static redirect(...given: Parameters<typeof Response.redirect>): Response {
    return RealResponse.redirect(...given);
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealResponse;
  }

  /** The one of the platform that does what a light one does not; undefined for what is none of these. */
  static real(response: object): Response | undefined {
    return #init in response ? response.#whole() : undefined;
  }

  /** All of a response's body, where that is text that nobody has read; undefined where it is anything else. */
  static wholeText(response: object): string | undefined {
    if (!(#body in response) || response.#real || response.#isUsed) return undefined;
    return typeof response.#body === 'string' ? response.#body : undefined;
  }

  /** A response, as one that has come from somewhere. */
  static arrived(response: Response, url: URL, redirected: boolean): Response {
    if (#init in response) {
      response.#url = url;
      response.#redirected = redirected;
    } else {
      const clone = (): Response => LightResponse.arrived(RealResponse.prototype.clone.call(response), url, redirected);
      const statusText = wordsOf(response);
      for (const [key, value] of Object.entries({ url: url.href, redirected, clone, type: 'basic', statusText }))
        Object.defineProperty(response, key, { value, configurable: true });
    }
    return response;
  }

  get status(): number {
    return this.#real?.status ?? this.#init.status ?? 200;
  }

  get ok(): boolean {
    return this.status < 300;
  }

  get statusText(): string {
    const { statusText = '' } = this.#real ?? this.#init;
    return this.#url ? wordsOf({ status: this.status, statusText }) : statusText;
  }

  get headers(): Headers {
    if (this.#real) return this.#real.headers;
    if (!this.#headers) {
      this.#headers = lightHeaders(this.#init.headers);
      if (this.#contentType !== undefined && !this.#headers.has('content-type'))
        this.#headers.set('content-type', this.#contentType);
    }
    return this.#headers;
  }

  get type(): Response['type'] {
    return this.#url ? 'basic' : 'default';
  }

  get url(): string {
    return this.#url?.href ?? '';
  }

  get redirected(): boolean {
    return this.#redirected;
  }

  get body(): Stream | null {
    if (!this.#real && typeof this.#body !== 'string') return this.#body;
    return this.#whole().body as Stream | null;
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#isUsed;
  }

  text(): Promise<string> {
    const text = this.#take();
    return text === undefined ? this.#whole().text() : Promise.resolve(text);
  }

  json(): Promise<unknown> {
    const text = this.#take();
    if (text === undefined) return this.#whole().json();
    try {
      return Promise.resolve(JSON.parse(text) as unknown);
    } catch (cause) {
      return rejected(cause);
    }
  }

  clone(): Response {
    const copy = this.#whole().clone();
    return this.#url ? LightResponse.arrived(copy, this.#url, this.#redirected) : copy;
  }

  /** The text of the body, once; undefined where one of the platform has to be asked. */
  #take(): string | undefined {
    const text = LightResponse.wholeText(this);
    if (text !== undefined) this.#isUsed = true;
    return text;
  }

  #whole(): Response {
    if (!this.#real) {
      this.#real = new RealResponse(this.#body, { ...this.#init, headers: this.headers });
      // One that has been read has to refuse to be read again: its stream is locked and used.
      if (this.#isUsed) void this.#real.text();
    }
    return this.#real;
  }
}

Object.setPrototypeOf(LightResponse, RealResponse);
Object.setPrototypeOf(LightResponse.prototype, RealResponse.prototype);
delegate(
  LightResponse.prototype,
  { methods: ['arrayBuffer', 'bytes', 'blob', 'formData'] },
  (response) => LightResponse.real(response) ?? response,
);

/** The words of a status as they come over the wire: the usual ones, where whoever answered chose none. */
function wordsOf({ status, statusText }: { readonly status: number; readonly statusText: string }): string {
  return statusText === '' ? (STATUS_CODES[status] ?? '') : statusText;
}

/** What it is to everybody else. */
function asResponse(value: unknown): Response {
  return value as Response;
}
