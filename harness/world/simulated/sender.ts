import type { DoorState } from '../../proxy/toxics/toxic.ts';
import type { Unsettled } from '../activity.ts';
import type { ExchangeRequest } from './exchange.ts';
import { LightResponse } from './light-response.ts';
import type { Listener } from './listener.ts';
import type { Names } from './names.ts';
import { closed, connectTimedOut, fetchFailed, refused, rejected } from './network-errors.ts';
import { orAborted } from './or-aborted.ts';
import { outgoing, urlText, type Outgoing } from './outgoing.ts';
import { isRedirect, redirected } from './redirects.ts';
import type { Rush } from './rush.ts';
import type { SimulatedConnection } from './simulated-connection.ts';
import type { NetworkClock, Turn } from './turns.ts';

/** An address of a proxy, which leads to another. */
export interface Door {
  /** Opens a connection; undefined when it is closed at once. */
  connect(): SimulatedConnection | undefined;
  /** What new connections find. */
  readonly state: DoorState;
  /** All that are open. */
  readonly connections: Set<SimulatedConnection>;
  /** Where its connections lead to. */
  upstream(): string;
}

/** What a sender finds in the network. */
export interface Surroundings {
  readonly clock: NetworkClock;
  readonly names: Names;
  readonly doors: ReadonlyMap<string, Door>;
  readonly listeners: ReadonlyMap<string, Listener>;
  readonly turn: Turn | undefined;
  readonly rush: Rush;
}

/** The platform's own, for what is no matter of any network. */
const realFetch = fetch;

/** How long undici waits for a connection by default. */
const connectLimitMs = 10_000;

/** How often Linux asks again for a connection that is not answered: each second at first, since 6.5 (before, the time doubles). */
const resendMs = 1000;

/** Nobody is there, and whoever asks is not to see that. */
const neverAnswering = (): Promise<Response> => new Promise(() => undefined);

/** Who sends requests from one place: its connections are its own, and kept for the next request. */
export class Sender {
  readonly #network: Surroundings;
  readonly #running: (() => Promise<void>) | undefined;
  /** The one used last is at the end. */
  readonly #kept = new Map<Door, SimulatedConnection[]>();
  readonly #used = new Set<SimulatedConnection>();

  /**
   * @param running resolves when the sender runs: what has to be done by it between a call and its answer - to send what it has read, or to
   * where a name or a redirect leads - is done then. Default: always
   */
  constructor(network: Surroundings, running?: () => Promise<void>) {
    this.#network = network;
    this.#running = running;
  }

  readonly fetch: typeof fetch = (input, init) => {
    if (this.#network.rush.isTooMany(() => described(input, init))) return neverAnswering();
    try {
      if (!isOfNetwork(input)) return realFetch(input, init);
      // It may be null for a caller without types.
      const request = outgoing(input, (init as RequestInit | null | undefined) ?? {});
      if (!(request instanceof Promise)) return this.#send(request, 0);
      return request.then((read) => this.#sendLater(read, 0));
    } catch (cause) {
      return rejected(cause);
    }
  };

  /** Closes every connection, in the middle of whatever is on it. */
  close(): void {
    for (const connection of this.#used) connection.close();
    this.#used.clear();
  }

  /** What it has sent and has no whole answer to. */
  underway(): readonly Unsettled[] {
    return [...this.#used].flatMap((connection) => connection.underway);
  }

  /** @param redirects how many have been followed */
  #send(sent: Outgoing, redirects: number): Promise<Response> {
    const { make, signal, bodyBytes, url, method } = sent;
    const request: ExchangeRequest = {
      ...{ make, signal, bodyBytes, url, method, sentMs: this.#network.clock.now() },
      arrived: (response) => this.#arrived(response, sent, redirects),
    };
    const address = this.#network.names.resolve(url);
    if (typeof address === 'string') return this.#reach(address, request);
    return orAborted(address, signal).then(async (found) => {
      await this.#running?.();
      signal?.throwIfAborted();
      return this.#reach(found, request);
    });
  }

  async #sendLater(request: Outgoing, redirects: number): Promise<Response> {
    await this.#running?.();
    request.signal?.throwIfAborted();
    return this.#send(request, redirects);
  }

  /** The answer for whoever called: this one, or that to which it leads. */
  #arrived(response: Response, sent: Outgoing, redirects: number): Response | Promise<Response> {
    if (isRedirect(response)) {
      try {
        const next = redirected(response, sent, redirects);
        if (next) return this.#sendLater(next, redirects + 1);
      } catch (cause) {
        return rejected(cause);
      }
    }
    return LightResponse.arrived(response, sent.url, redirects > 0);
  }

  #reach(address: string, request: ExchangeRequest): Promise<Response> {
    const door = this.#network.doors.get(address);
    if (door) return this.#through(door, address, request);
    const listener = this.#network.listeners.get(address);
    if (!listener) throw refused(address);
    return this.#straight(listener, request);
  }

  /** Past every proxy: what the harness itself reads. */
  #straight(listener: Listener, { make, signal, arrived }: ExchangeRequest): Promise<Response> {
    const { turn } = this.#network;
    const made = make(() => signal ?? new AbortController().signal);
    const answered = (turn ? turn() : Promise.resolve()).then(() => listener.handler(made));
    return (turn ? answered.finally(turn) : answered).then(arrived, () => {
      signal?.throwIfAborted();
      throw closed();
    });
  }

  #through(door: Door, address: string, request: ExchangeRequest): Promise<Response> {
    const kept = this.#rested(door);
    if (!kept && door.state === 'silent') return this.#knock(door, address, request);
    if (!kept && door.state === 'refusing') return Promise.reject(refused(address));
    const connection = kept ?? this.#connect(door);
    const listener = this.#network.listeners.get(door.upstream());
    const handler = connection && listener?.handlerFor(connection);
    if (!connection || (!handler && !connection.lose())) {
      const why = listener ? 'no more connections are taken' : 'nothing listens';
      const message = `other side closed (${why} behind it, at ${door.upstream()})`;
      return Promise.reject(fetchFailed('UND_ERR_SOCKET', message));
    }
    return connection.exchange(request, handler ?? neverAnswering, () => {
      if (!connection.isOpen) {
        this.#used.delete(connection);
        return;
      }
      listener?.rest(connection);
      const idle = this.#kept.get(door);
      if (idle) idle.push(connection);
      else this.#kept.set(door, [connection]);
    });
  }

  /** Tries to connect as the system does, until somebody answers or the caller gives up. */
  async #knock(door: Door, address: string, request: ExchangeRequest): Promise<Response> {
    const { clock } = this.#network;
    const signal = request.signal ?? undefined;
    for (let waitedMs = 0; waitedMs < connectLimitMs; waitedMs += resendMs) {
      await clock.sleep(resendMs, signal);
      if (door.state !== 'silent') return this.#through(door, address, request);
    }
    throw connectTimedOut(address);
  }

  /** A connection that was kept. */
  #rested(door: Door): SimulatedConnection | undefined {
    const idle = this.#kept.get(door);
    let connection = idle?.pop();
    while (connection && !connection.isOpen) {
      this.#used.delete(connection);
      connection = idle?.pop();
    }
    return connection;
  }

  #connect(door: Door): SimulatedConnection | undefined {
    const opened = door.connect();
    if (opened) this.#used.add(opened);
    return opened;
  }
}

/** Not one that says itself what is there, as `data:`, or of which the platform knows nothing, as `ftp:`. What is no URL is refused later. */
function isOfNetwork(input: Parameters<typeof fetch>[0]): boolean {
  const text = urlText(input);
  if (/^https?:/i.test(text)) return true;
  // The platform reads over blanks in front, and more.
  const url = URL.parse(text);
  return url === null || /^https?:$/.test(url.protocol);
}

function described(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): string {
  const given = typeof input === 'object' && 'method' in input ? input.method : undefined;
  return `${init?.method ?? given ?? 'GET'} ${urlText(input)}`;
}
