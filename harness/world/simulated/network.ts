import { ApiError } from '../../proxy/api-error.ts';
import type { OpenPort } from '../../proxy/port.ts';
import type { ExchangeRequest } from './exchange.ts';
import { LightRequest } from './light-request.ts';
import { closed, fetchFailed, refused, rejected } from './network-errors.ts';
import { SimulatedConnection, type Handler } from './simulated-connection.ts';

/** The first port that is given out where any will do; they are given out in order, so the same run has the same addresses. */
const firstFreePort = 20_001;

interface Door {
  /** Opens a connection; undefined when it is closed at once. */
  connect(): SimulatedConnection | undefined;
  /** Connections that are kept for the next request, the one used last at the end. */
  readonly idle: SimulatedConnection[];
  /** Where its connections lead to. */
  handler(): Handler | undefined;
}

/** A network of functions: handlers listen on addresses, proxies stand before them, and `fetch` reaches both. Nothing else exists. */
export class SimulatedNetwork {
  readonly #handlers = new Map<string, Handler>();
  readonly #doors = new Map<string, Door>();
  #nextPort = firstFreePort;

  /** Puts a handler on an address (default: one of its own) and returns that, as `127.0.0.1:port`. */
  listen(handler: Handler, address = this.freeAddress()): string {
    this.#handlers.set(address, handler);
    return address;
  }

  /** Nobody listens there any more. */
  unlisten(address: string): void {
    this.#handlers.delete(address);
  }

  /** Opens doors of the fault proxy in this network. */
  readonly openPort: OpenPort = (settings) => {
    const address = settings.listen.endsWith(':0') ? this.freeAddress() : settings.listen;
    if (this.#doors.has(address) || this.#handlers.has(address))
      return Promise.reject(new ApiError(500, `listen tcp ${address}: bind: address already in use`));
    const door: Door = {
      idle: [],
      handler: () => this.#handlers.get(settings.upstream()),
      connect: () => {
        let connection: SimulatedConnection | undefined;
        settings.accept((context) => (connection = new SimulatedConnection(context)));
        return connection;
      },
    };
    this.#doors.set(address, door);
    return Promise.resolve({ address, close: () => void this.#doors.delete(address) });
  };

  /** As the global `fetch`, inside this network. */
  readonly fetch: typeof fetch = (input, init) => {
    try {
      return this.#send(input, init);
    } catch (cause) {
      return rejected(cause);
    }
  };

  #send(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const given = input instanceof Request ? input : undefined;
    const url = new URL(given?.url ?? (input instanceof URL ? input.href : input));
    const signal = init.signal ?? given?.signal ?? null;
    signal?.throwIfAborted();
    const make = requestMaker(url, input, init);
    const door = this.#doors.get(url.host);
    if (door) return this.#through(door, url.host, { make, signal, bodyBytes: bytesOf(init.body) });
    const handler = this.#handlers.get(url.host);
    if (!handler) throw refused(url.host);
    // Straight to it, past every proxy: what the harness itself reads.
    return Promise.resolve(make(() => signal ?? new AbortController().signal))
      .then(handler)
      .catch(() => {
        signal?.throwIfAborted();
        throw closed();
      });
  }

  #through(door: Door, address: string, request: ExchangeRequest): Promise<Response> {
    let connection = door.idle.pop();
    while (connection && !connection.isOpen) connection = door.idle.pop();
    connection ??= door.connect();
    const handler = door.handler();
    if (!connection || !handler) {
      connection?.close();
      return Promise.reject(fetchFailed('UND_ERR_SOCKET', `other side closed (nothing listens behind ${address})`));
    }
    const used = connection;
    return used.exchange(request, handler, () => {
      if (used.isOpen) door.idle.push(used);
    });
  }

  /** One that nobody has had yet. */
  freeAddress(): string {
    return `127.0.0.1:${this.#nextPort++}`;
  }
}

/** How the handler's request is made: with the signal that tells it of its caller. */
function requestMaker(url: URL, input: Parameters<typeof fetch>[0], init: RequestInit): ExchangeRequest['make'] {
  const { method = 'GET', headers, body = null } = init;
  if (input instanceof Request || !(body === null || typeof body === 'string'))
    return (hangUp) => new Request(input, { ...init, signal: hangUp() });
  const given = { url: url.href, method: method.toUpperCase(), headers, body };
  return (hangUp) => new LightRequest({ ...given, signal: hangUp }) as unknown as Request;
}

/** The bytes of a body whose length is known; nothing is said of a stream. */
function bytesOf(body: RequestInit['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  return 0;
}
