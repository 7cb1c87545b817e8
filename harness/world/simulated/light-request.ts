import { delegate } from './delegate.ts';
import { lightHeaders } from './light-headers.ts';
import { rejected } from './network-errors.ts';

/** The platform's own, whatever stands in its place later. */
const RealRequest = Request;

/** What is known of a request whose body is text, or comes bit by bit. */
export interface KnownRequest {
  readonly url: string;
  /** In capitals. */
  readonly method: string;
  readonly headers: RequestInit['headers'];
  readonly body: string | ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Asked for once, when somebody wants to know whether the caller has gone. */
  readonly signal: () => AbortSignal;
}

/**
 * A `Request` whose body of text stays text. The platform's turns it into a stream of bytes when it is made, and back when it is read, and
 * follows its signal by another. What this one does not do itself is done by one of the platform, made when it is needed.
 */
export class LightRequest {
  readonly #given: KnownRequest;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;
  #real: Request | undefined;
  #isUsed = false;

  constructor(given: KnownRequest) {
    this.#given = given;
  }

  /** The one of the platform that does what a light one does not; undefined for what is none of these. */
  static real(request: object): Request | undefined {
    return #given in request ? request.#whole() : undefined;
  }

  /** The body of a request, where it comes bit by bit. */
  static arriving(request: Request): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
    return #given in request && request.#given.body instanceof ReadableStream ? request.#given.body : undefined;
  }

  /** One and the same request with another signal, made when it is asked for; undefined for what is no light one. */
  static withSignal(request: Request, signal: () => AbortSignal): Request | undefined {
    if (!(#given in request)) return undefined;
    return new LightRequest({ ...request.#given, signal }) as unknown as Request;
  }

  get url(): string {
    return this.#given.url;
  }

  get method(): string {
    return this.#given.method;
  }

  get headers(): Headers {
    if (this.#real) return this.#real.headers;
    if (!this.#headers) {
      const { headers, body } = this.#given;
      this.#headers = lightHeaders(headers);
      if (typeof body === 'string' && !this.#headers.has('content-type'))
        this.#headers.set('content-type', 'text/plain;charset=UTF-8');
    }
    return this.#headers;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#given.signal());
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#given.body === null ? null : this.#whole().body;
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

  /** The text of the body, once; undefined where one of the platform has to be asked. */
  #take(): string | undefined {
    const { body } = this.#given;
    if (this.#real || this.#isUsed || typeof body !== 'string') return undefined;
    this.#isUsed = true;
    return body;
  }

  #whole(): Request {
    if (!this.#real) {
      const { url, method, body } = this.#given;
      this.#real = new RealRequest(url, { method, headers: this.headers, body, signal: this.signal, duplex: 'half' });
      // One that has been read has to refuse to be read again.
      if (this.#isUsed) void this.#real.text();
    }
    return this.#real;
  }
}

Object.setPrototypeOf(LightRequest.prototype, RealRequest.prototype);
delegate(
  LightRequest.prototype,
  {
    methods: ['arrayBuffer', 'bytes', 'blob', 'formData', 'clone'],
    values: [
      ...['cache', 'credentials', 'destination', 'duplex', 'integrity', 'keepalive', 'mode', 'redirect', 'referrer'],
      'referrerPolicy',
    ],
  },
  (request) => LightRequest.real(request) ?? request,
);

/** The global `Request` of a simulation: it takes light ones, too, as one to copy. */
export class TakingLightRequests extends RealRequest {
  constructor(input: Parameters<typeof fetch>[0], init?: RequestInit) {
    super(typeof input === 'object' ? (LightRequest.real(input) ?? input) : input, init);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealRequest;
  }
}
