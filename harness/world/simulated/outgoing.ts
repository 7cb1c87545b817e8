import { bytesOf, isKnown, type KnownBody } from './body-bytes.ts';
import { lightHeaders } from './light-headers.ts';
import { LightRequest } from './light-request.ts';
import { failedBecause } from './network-errors.ts';
import { orAborted } from './or-aborted.ts';

type Input = Parameters<typeof fetch>[0];

/** The platform's own, whatever stands in its place later. */
const [RealRequest, RealHeaders] = [Request, Headers];

/** Those that nothing has to be said about (https://fetch.spec.whatwg.org/#methods). */
const usualMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** What of a request's settings is looked at here. */
const ownKeys = new Set(['method', 'body', 'redirect', 'headers', 'signal', 'duplex']);
const usualRedirects = new Set<string>(['follow', 'error', 'manual']);

/** What is said of a request beside its body. */
interface Envelope {
  /** Without a fragment: that is never sent. */
  readonly url: URL;
  /** In capitals. */
  readonly method: string;
  readonly headers: RequestInit['headers'];
  /** Of the caller. */
  readonly signal: AbortSignal | null;
  readonly redirect: NonNullable<RequestInit['redirect']>;
}

/** A request as it is sent. */
export interface Outgoing extends Envelope {
  readonly body: KnownBody | null;
  readonly bodyBytes: number;
  /** Whether it was read from a stream, which gives its bytes once. */
  readonly isStreamed: boolean;
  /** The request as its handler gets it: `hangUp` gives what aborts when its caller is gone. */
  readonly make: (hangUp: () => AbortSignal) => Request;
}

/**
 * What `fetch` was asked to send. A body that is a stream is read first: only then it is known what the wire has to carry.
 *
 * @throws TypeError as `fetch` does for what is no request; the signal's reason when it has aborted already
 */
export function outgoing(input: Input, init: RequestInit): Outgoing | Promise<Outgoing> {
  const given = input instanceof Request ? input : undefined;
  const text = urlText(input);
  const url = urlOf(text);
  if (typeof init !== 'object') new RealRequest(text, init);
  if (url.hash !== '') url.hash = '';
  // Null takes the signal of the request away.
  const signal = init.signal === undefined ? (given?.signal ?? null) : init.signal;
  const asked: unknown = init.method === undefined ? (given?.method ?? 'GET') : init.method;
  const method = normalised(String(asked));
  const redirect = init.redirect === undefined ? (given?.redirect ?? 'follow') : init.redirect;
  const body = init.body ?? given?.body ?? null;
  const isBodiless = method === 'GET' || method === 'HEAD';
  const isUsual = usualMethods.has(method) && !(isBodiless && body !== null) && usualRedirects.has(redirect);
  // The platform says what it refuses.
  if (!isUsual || url.username !== '' || url.password !== '' || hasOdd(init)) {
    const settings = { ...init };
    // They may be such as can be read once.
    delete settings.headers;
    new RealRequest(text, { ...settings, method, redirect, body: body === null ? null : '' });
  }
  const headers = checked(init.headers === undefined ? given?.headers : init.headers);
  signal?.throwIfAborted();
  const envelope: Envelope = { url, signal, method, headers, redirect };
  if (body === null || isKnown(body)) return known(envelope, body);
  return orAborted(readFirst(envelope, new Request(input, init), body === init.body), signal);
}

/** What is asked for, in words: whatever can be made a text may be one, as on the platform. */
export function urlText(input: Input): string {
  return typeof input === 'string' ? input : input instanceof Request ? input.url : String(input satisfies URL);
}

function urlOf(text: string): URL {
  // For what is none the platform's request says so.
  return URL.parse(text) ?? new URL(new RealRequest(text).url);
}

/** Whether something is said beside what is looked at here, or of another kind: what the platform makes of that, it knows itself. */
function hasOdd(init: RequestInit): boolean {
  // Not all callers have types.
  const { signal, duplex = 'half' }: Readonly<Record<string, unknown>> = { ...init };
  const others = Object.keys(init).some((key) => !ownKeys.has(key));
  return others || duplex !== 'half' || !(signal === undefined || signal === null || signal instanceof AbortSignal);
}

/** In capitals, where the platform writes it so (https://fetch.spec.whatwg.org/#concept-method-normalize). */
function normalised(method: string): string {
  const capitals = method.toUpperCase();
  return capitals !== 'PATCH' && usualMethods.has(capitals) ? capitals : method;
}

/** Headers that can be sent. @throws TypeError as the platform does for a name or a value that cannot */
function checked(headers: RequestInit['headers'] | null): RequestInit['headers'] {
  if (headers === undefined || headers instanceof RealHeaders) return headers;
  if (headers === null) return new RealHeaders(headers as unknown as Headers);
  return lightHeaders(headers);
}

/** The same request to another place, or with less in it. */
export function known(envelope: Envelope, body: KnownBody | null): Outgoing {
  if (body instanceof URLSearchParams) {
    const headers = new Headers(envelope.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
    return known({ ...envelope, headers }, body.toString());
  }
  const { url, method, headers, signal, redirect } = envelope;
  const make: Outgoing['make'] =
    body === null || typeof body === 'string'
      ? (hangUp) => new LightRequest({ url: url.href, method, headers, body, signal: hangUp }) as unknown as Request
      : (hangUp) => new Request(url.href, { method, body, signal: hangUp(), ...(headers && { headers }) });
  return { url, method, headers, signal, redirect, body, bodyBytes: bytesOf(body), isStreamed: false, make };
}

async function readFirst(envelope: Envelope, request: Request, isStreamed: boolean): Promise<Outgoing> {
  const { headers } = request;
  const bytes = await request.arrayBuffer().catch((cause: unknown) => {
    throw failedBecause(cause);
  });
  return { ...known({ ...envelope, headers }, bytes), isStreamed };
}
