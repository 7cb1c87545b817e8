import { ApiError } from '../../proxy/api-error.ts';
import type { OpenPort } from '../../proxy/port.ts';
import type { ExchangeRequest } from './exchange.ts';
import type { Unsettled } from '../activity.ts';
import { Listener, type ListenLimits } from './listener.ts';
import { Names } from './names.ts';
import { LightRequest } from './light-request.ts';
import { closed, fetchFailed, refused, rejected } from './network-errors.ts';
import { SimulatedConnection, type Handler } from './simulated-connection.ts';
import { turnsOf, type NetworkClock, type Turn } from './turns.ts';

/** The first port that is given out where any will do; they are given out in order, so the same run has the same addresses. */
const firstFreePort = 20_001;

interface Door {
  /** Opens a connection; undefined when it is closed at once. */
  connect(): SimulatedConnection | undefined;
  /** All that are open. */
  readonly connections: Set<SimulatedConnection>;
  /** Where its connections lead to. */
  upstream(): string;
}

/** Who sends requests from one place: its connections are its own. */
export interface NetworkClient {
  readonly fetch: typeof fetch;
  /** Closes every connection, in the middle of whatever is on it. */
  close(): void;
  /** What it has sent and has no whole answer to. */
  underway(): readonly Unsettled[];
}

/** Connections that are kept for the next request, the one used last at the end. */
type Kept = Map<Door, SimulatedConnection[]>;

/** A network of functions: handlers listen on addresses, proxies stand before them, and `fetch` reaches both. Nothing else exists. */
export class SimulatedNetwork {
  readonly #clock: NetworkClock;
  /** Lets chance order what arrives at the same time, where the clock does. */
  readonly #turn: Turn | undefined;
  readonly #listeners = new Map<string, Listener>();
  readonly #doors = new Map<string, Door>();
  readonly #shared: Kept = new Map();
  /** Who has which name. */
  readonly names: Names;
  #nextPort = firstFreePort;

  constructor(clock: NetworkClock) {
    this.#clock = clock;
    this.#turn = turnsOf(clock);
    this.names = new Names(clock);
  }

  /** Puts a handler on an address (default: one of its own) and returns that, as `127.0.0.1:port`. */
  listen(handler: Handler, address = this.freeAddress(), limits: ListenLimits = {}): string {
    this.#listeners.set(address, new Listener(handler, limits, this.#clock));
    return address;
  }

  /** Nobody listens there any more. */
  unlisten(address: string): void {
    this.#listeners.delete(address);
  }

  /** Closes every connection that leads there. */
  cut(address: string): void {
    for (const door of this.#doors.values()) {
      if (door.upstream() === address) for (const connection of [...door.connections]) connection.close();
    }
  }

  /** Opens doors of the fault proxy in this network. */
  readonly openPort: OpenPort = (settings) => {
    const address = settings.listen.endsWith(':0') ? this.freeAddress() : settings.listen;
    if (this.#doors.has(address) || this.#listeners.has(address))
      return Promise.reject(new ApiError(500, `listen tcp ${address}: bind: address already in use`));
    const connections = new Set<SimulatedConnection>();
    const door: Door = {
      connections,
      upstream: () => settings.upstream(),
      connect: () => {
        let connection: SimulatedConnection | undefined;
        settings.accept((context) => {
          const over = (): void => {
            if (connection) {
              connections.delete(connection);
              this.#listeners.get(settings.upstream())?.closed(connection);
            }
            context.over();
          };
          connection = new SimulatedConnection({ ...context, over }, this.#turn);
          connections.add(connection);
          return connection;
        });
        return connection;
      },
    };
    this.#doors.set(address, door);
    return Promise.resolve({ address, close: () => void this.#doors.delete(address) });
  };

  /** As the global `fetch`, inside this network. */
  readonly fetch: typeof fetch = (input, init) => this.#sendFrom(this.#shared, input, init);

  /** As `fetch`, from a place of its own. */
  openClient(): NetworkClient {
    const kept: Kept = new Map();
    const used = new Set<SimulatedConnection>();
    return {
      fetch: (input, init) => this.#sendFrom(kept, input, init, used),
      close: () => {
        for (const connection of used) connection.close();
        used.clear();
      },
      underway: () => [...used].flatMap((connection) => connection.underway),
    };
  }

  #sendFrom(
    kept: Kept,
    input: Parameters<typeof fetch>[0],
    init?: RequestInit,
    used?: Set<SimulatedConnection>,
  ): Promise<Response> {
    try {
      return this.#send(kept, input, init, used);
    } catch (cause) {
      return rejected(cause);
    }
  }

  #send(
    kept: Kept,
    input: Parameters<typeof fetch>[0],
    init: RequestInit = {},
    used?: Set<SimulatedConnection>,
  ): Promise<Response> {
    const given = input instanceof Request ? input : undefined;
    const url = new URL(given?.url ?? (input instanceof URL ? input.href : input));
    const signal = init.signal ?? given?.signal ?? null;
    signal?.throwIfAborted();
    const make = requestMaker(url, input, init);
    const method = init.method ?? given?.method ?? 'GET';
    const bodyBytes = bytesOf(init.body);
    const request: ExchangeRequest = { make, signal, bodyBytes, url, method, sentMs: this.#clock.now() };
    const address = this.names.resolve(url);
    if (typeof address === 'string') return this.#reach(address, kept, used, request);
    return address.then((found) => {
      signal?.throwIfAborted();
      return this.#reach(found, kept, used, request);
    });
  }

  #reach(
    address: string,
    kept: Kept,
    used: Set<SimulatedConnection> | undefined,
    request: ExchangeRequest,
  ): Promise<Response> {
    const { make, signal } = request;
    const door = this.#doors.get(address);
    if (door) return this.#through(this.#connect(door, kept, used), door, kept, request);
    const listener = this.#listeners.get(address);
    if (!listener) throw refused(address);
    // Straight to it, past every proxy: what the harness itself reads.
    const made = make(() => signal ?? new AbortController().signal);
    const turn = this.#turn;
    const arrived = turn ? turn() : Promise.resolve();
    const answered = arrived.then(() => listener.handler(made));
    return (turn ? answered.finally(turn) : answered).catch(() => {
      signal?.throwIfAborted();
      throw closed();
    });
  }

  /** A connection that was kept, or a new one. */
  #connect(door: Door, kept: Kept, used: Set<SimulatedConnection> | undefined): SimulatedConnection | undefined {
    const idle = kept.get(door);
    let connection = idle?.pop();
    while (connection && !connection.isOpen) {
      used?.delete(connection);
      connection = idle?.pop();
    }
    if (connection) return connection;
    const opened = door.connect();
    if (opened) used?.add(opened);
    return opened;
  }

  #through(
    connection: SimulatedConnection | undefined,
    door: Door,
    kept: Kept,
    request: ExchangeRequest,
  ): Promise<Response> {
    const listener = this.#listeners.get(door.upstream());
    if (!connection || !listener) {
      connection?.close();
      const nobody = `other side closed (nothing listens behind it, at ${door.upstream()})`;
      return Promise.reject(fetchFailed('UND_ERR_SOCKET', nobody));
    }
    return connection.exchange(request, listener.handlerFor(connection), () => {
      if (!connection.isOpen) return;
      listener.rest(connection);
      const idle = kept.get(door);
      if (idle) idle.push(connection);
      else kept.set(door, [connection]);
    });
  }

  /** What is on the connections through all doors. */
  underway(): readonly Unsettled[] {
    return [...this.#doors.values()].flatMap(({ connections }) =>
      [...connections].flatMap((connection) => connection.underway),
    );
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
